"""The ladder over real servers: one whose joules are exact, one in a process of its own."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ecorec.energy.cpu_time import CpuTimeSensor
from ecorec.energy.sensor import AbsentSensor
from ecorec.errors import EcorecError, InputError
from ecorec.serving.energy import marginal, marginal_slices, total
from ecorec.serving.load.client import Job, LoadClient, n_distinct, prepares_s
from ecorec.serving.load.ladder import Ladder, LadderResult
from ecorec.serving.load.loaded_server import LoadedServer
from ecorec.serving.load.saturation import find_saturation
from ecorec.serving.load.settings import LoadSettings, parse_steps
from ecorec.serving.load.target import Target
from ecorec.serving.load.window import Look
from tests.serving.load.slow_server import CPU_S, SlowServer

ROOT = Path(__file__).parents[3]
WATTS = (3.0, 6.0, 9.0)
IDLE_CPUS = 0.01
"""CPUs that the exact server is billed for while it waits."""
SETTINGS = LoadSettings(
    steps=(25, 75), window_s=1.2, ramp_s=0.2, slices=3, connections=4, arrivals="constant"
)
TICK_S = 0.01
"""A kernel may tell the CPU time of another process a tick late."""
USERS = ("a", "b/c", "d e")


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[int, int]]:
    """Yield process id and port of a server in a process of its own."""
    command = [sys.executable, "-m", "tests.serving.load.slow_server"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        yield process.pid, int(process.stdout.readline())
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="module")
def result() -> Iterator[LadderResult]:
    """A ladder over a server in this process: 6 W x 5 ms an answer, and 60 mW all the time."""
    with SlowServer() as server:

        def billed_s() -> float:
            return server.billed_s + IDLE_CPUS * time.monotonic()

        modelled = CpuTimeSensor(WATTS, "assumed", "a test", clock=billed_s)
        target = Target(host="127.0.0.1", port=server.address[1], user_ids=USERS)
        with LoadClient(target, None) as client:
            sensors = (modelled, AbsentSensor("machine", "none"))
            yield Ladder(client, os.getpid(), sensors, SETTINGS).run()


def test_joules_of_a_request_are_those_of_its_cpu_seconds(result: LadderResult) -> None:
    """5 ms at 6 W are 30 J a thousand, whatever the server draws while it waits.

    As the window opens and as it closes, each connection may carry an answer that was made and
    has not come; seconds by the clock would be 120 J at a quarter of the load.
    """
    for step in result.steps:
        found = marginal(step, result.idle)
        assert found is not None
        on_their_way = 2 * SETTINGS.connections / step.n_recommendations
        assert found.central_j == pytest.approx(1000 * CPU_S * 6, rel=on_their_way)
        assert (found.low_j, found.high_j) == pytest.approx(
            (found.central_j / 2, found.central_j * 1.5)
        )
        assert (found.method, found.scope) == ("assumed", "process")


def test_the_total_is_the_marginal_and_the_idle_share(result: LadderResult) -> None:
    idle_w = result.idle.server.energy_j / result.idle.server.duration_s
    assert idle_w == pytest.approx(6 * IDLE_CPUS, rel=0.05)
    for step in result.steps:
        whole, beyond = total(step), marginal(step, result.idle)
        assert whole is not None
        assert beyond is not None
        idle_share = 1000 * idle_w * step.server.duration_s / step.n_recommendations
        assert whole.central_j == pytest.approx(beyond.central_j + idle_share)


def test_saturation_is_the_best_of_what_was_tried(result: LadderResult) -> None:
    found = result.saturation
    assert [n for n, _ in found.tried] == [1, 2, 4][: len(found.tried)]
    assert (found.connections, found.requests_per_s) in found.tried
    assert max(rate for _, rate in found.tried) == found.requests_per_s
    # One worker makes 200 a second; a few may have been on their way as a trial began.
    assert found.requests_per_s < 1.5 / CPU_S
    assert found.server_cpu_share > 0
    assert found.client_cpu_share > 0


def test_a_server_that_answers_after_each_trial_only_is_said_to_be_too_slow() -> None:
    class Late(LoadedServer):
        def job(self, **fields: object) -> Job:
            slow.answers.clear()
            return super().job(**fields)

        def look_at(self, edges: Sequence[float]) -> list[Look]:
            looks = super().look_at(edges)
            slow.answers.set()
            return looks

    with SlowServer() as slow:
        target = Target(host="127.0.0.1", port=slow.address[1], user_ids=USERS)
        with LoadClient(target, None) as client:
            late = Late(client, os.getpid(), (), SETTINGS)
            with pytest.raises(
                EcorecError, match=r"no answer came within a trial of 0\.5 s"
            ) as told:
                find_saturation(late)
    assert "--window-s" in str(told.value.hint)


def test_the_client_has_time_to_prepare_requests_of_many_users() -> None:
    """A trial of half a second does not wait for four thousand requests of a thousand users."""
    assert [n_distinct(users) for users in (1, 64, 1024, 10**6)] == [4096, 4096, 256, 16]
    assert prepares_s(100_000, 1) == pytest.approx(1.0)
    assert prepares_s(1000, 1001) == pytest.approx(0.01 + 2.0)


def test_steps_are_shares_of_it_and_slices_add_up(result: LadderResult) -> None:
    for step, share in zip(result.steps, (0.25, 0.75), strict=True):
        assert step.load == share
        assert step.offered_per_s == share * result.saturation.requests_per_s
        assert (step.n_errors, step.n_timeouts) == (0, 0)
        # Evenly spaced: as many as the window holds, less what a late look at its end may miss.
        assert step.n_requests <= step.offered_per_s * step.server.duration_s + 1
        assert step.n_requests > step.offered_per_s * SETTINGS.window_s / 2
        assert len(step.slices) == len(marginal_slices(step, result.idle)) == 3
        parts = [(part.reading.energy_j, part.duration_s) for part in step.slices]
        whole = (step.server.energy_j, step.server.duration_s)
        assert tuple(map(sum, zip(*parts, strict=True))) == pytest.approx(whole, rel=1e-9)
        assert step.latency is not None
        assert CPU_S < step.latency.p50_s <= step.latency.p95_s <= step.latency.p99_s
        assert step.latency.p99_s <= step.latency.max_s


def test_the_idle_server_answers_nothing_and_has_no_joules_a_request(result: LadderResult) -> None:
    assert result.idle.latency is None
    assert result.idle.n_recommendations == 0
    assert total(result.idle) is None


def test_few_answers_are_warned_of(result: LadderResult) -> None:
    assert any("step of 25 %: its p99 rests on" in text for text in result.warnings)


def test_a_server_in_another_process_is_billed_for_its_own_cpu_time(
    server: tuple[int, int],
) -> None:
    pid, port = server

    def spent_s() -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/cpu/0") as answer:
            return float(answer.read())

    sensors = (CpuTimeSensor(WATTS, "assumed", "a test"), AbsentSensor("machine", "none"))
    target = Target(host="127.0.0.1", port=port, user_ids=USERS)
    with LoadClient(target, None) as client:
        before_s = spent_s()
        step = Ladder(client, pid, sensors, SETTINGS).window(0.5, 60.0)
        most_s = spent_s() - before_s
    # An answer that came in the window may have been begun before it, one a connection.
    least_s = CPU_S * (step.n_recommendations - SETTINGS.connections)
    assert 0.1 < least_s <= step.server.cpu_s + TICK_S
    assert step.server.cpu_s <= most_s + TICK_S
    assert step.server.energy_j == pytest.approx(6 * step.server.cpu_s, abs=6 * TICK_S)
    assert step.client.cpu_s > 0


def test_a_server_that_only_fails_is_not_measured(server: tuple[int, int]) -> None:
    target = Target(host="127.0.0.1", port=server[1], user_ids=("../status/401",))
    # Quoted, so that no id leaves its place in the path.
    assert b"GET /recommendations/..%2Fstatus%2F401?k=10 " in target.request([0])
    with SlowServer() as gone:
        away = Target(host="127.0.0.1", port=gone.address[1], user_ids=("a",))
    with LoadClient(away, None) as client:
        ladder = Ladder(client, server[0], (), SETTINGS)
        with pytest.raises(EcorecError, match="could not reach the server"):
            ladder.saturation()


def test_a_batch_is_a_post_of_its_users() -> None:
    target = Target(host="h", port=1, user_ids=("a", "b"), k=3, api_key="secret")
    head, _, body = target.request([1, 0]).partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"POST /recommendations HTTP/1.1", b"Host: h:1", b"X-API-Key: secret",
        b"Content-Type: application/json", b"Content-Length: 29",
    ]  # fmt: skip
    assert body == b'{"users": ["b", "a"], "k": 3}'


def test_steps_are_read_from_text() -> None:
    assert parse_steps("10, 50%,95") == (10.0, 50.0, 95.0)
    for text in ("", "50,10", "0,10", "10,200", "many"):
        with pytest.raises(InputError, match=r"--steps `.*` is not a list of ascending"):
            parse_steps(text)
