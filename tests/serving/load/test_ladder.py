"""The ladder over a real server in its own process, whose CPU time a request is known."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecorec.energy.cpu_time import CpuTimeSensor
from ecorec.energy.sensor import AbsentSensor
from ecorec.errors import EcorecError, InputError
from ecorec.serving.energy import marginal, marginal_slices, total
from ecorec.serving.load.client import LoadClient
from ecorec.serving.load.ladder import Ladder, LadderResult
from ecorec.serving.load.settings import LoadSettings, parse_steps
from ecorec.serving.load.target import Target
from tests.serving.load.slow_server import CPU_S

ROOT = Path(__file__).parents[3]
SENSORS = (CpuTimeSensor((3.0, 6.0, 9.0), "assumed", "a test"), AbsentSensor("machine", "none"))
SETTINGS = LoadSettings(steps=(25, 75), window_s=1.2, ramp_s=0.2, slices=3, connections=8)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[int, int]]:
    """Yield process id and port."""
    command = [sys.executable, "-m", "tests.serving.load.slow_server"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        yield process.pid, int(process.stdout.readline())
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="module")
def client(server: tuple[int, int]) -> Iterator[LoadClient]:
    target = Target(host="127.0.0.1", port=server[1], user_ids=("a", "b/c", "d e"))
    with LoadClient(target, None) as running:
        yield running


@pytest.fixture(scope="module")
def result(server: tuple[int, int], client: LoadClient) -> LadderResult:
    return Ladder(client, server[0], SENSORS, SETTINGS).run()


def test_joules_of_a_request_are_those_of_its_cpu_seconds(result: LadderResult) -> None:
    for step in result.steps:
        found = marginal(step, result.idle)
        assert found is not None
        # 5 ms at 6 W are 30 J a thousand, and up to 2 ms are the server's own; seconds by the
        # clock would be 120 J at a quarter of the load.
        assert 1000 * CPU_S * 6 * 0.97 < found.central_j < 1000 * (CPU_S + 0.002) * 6
        assert (found.low_j, found.high_j) == pytest.approx(
            (found.central_j / 2, found.central_j * 1.5)
        )
        assert (found.method, found.scope) == ("assumed", "process")


def test_the_total_is_the_marginal_and_the_idle_share(result: LadderResult) -> None:
    step = result.steps[0]
    whole, beyond = total(step), marginal(step, result.idle)
    assert whole is not None
    assert beyond is not None
    idle_w = result.idle.server.energy_j / result.idle.server.duration_s
    idle_share = 1000 * idle_w * step.server.duration_s / step.n_recommendations
    assert whole.central_j == pytest.approx(beyond.central_j + idle_share)


def test_saturation_is_what_one_worker_can_do(result: LadderResult) -> None:
    found = result.saturation
    assert found.requests_per_s < 1 / CPU_S
    assert found.tried[0][0] == 1
    assert max(rate for _, rate in found.tried) == found.requests_per_s
    assert found.server_cpu_share > 2 * found.client_cpu_share


def test_steps_are_shares_of_it_and_slices_add_up(result: LadderResult) -> None:
    for step, share in zip(result.steps, (0.25, 0.75), strict=True):
        assert step.load == share
        assert step.offered_per_s == share * result.saturation.requests_per_s
        assert step.n_errors == 0
        assert step.n_requests == pytest.approx(1.2 * step.offered_per_s, rel=0.6)
        assert len(step.slices) == len(marginal_slices(step, result.idle)) == 3
        parts = sum(part.reading.energy_j or 0.0 for part in step.slices)
        assert parts == pytest.approx(step.server.energy_j, rel=0.03)
        assert sum(part.duration_s for part in step.slices) == pytest.approx(1.2, abs=0.3)
        assert step.latency is not None
        assert CPU_S < step.latency.p50_s <= step.latency.p95_s <= step.latency.p99_s
        assert step.latency.p99_s <= step.latency.max_s


def test_the_idle_server_answers_nothing_and_has_no_joules_a_request(result: LadderResult) -> None:
    assert result.idle.latency is None
    assert result.idle.n_recommendations == 0
    assert total(result.idle) is None
    assert result.idle.server.cpu_s < 0.05


def test_few_answers_are_warned_of(result: LadderResult) -> None:
    assert any("step of 25 %: its p99 rests on" in text for text in result.warnings)


def test_a_server_that_only_fails_is_not_measured(server: tuple[int, int]) -> None:
    target = Target(host="127.0.0.1", port=server[1], user_ids=("../status/401",))
    # Quoted, so that no id leaves its place in the path.
    assert b"GET /recommendations/..%2Fstatus%2F401?k=10 " in target.request([0])
    away = Target(host="127.0.0.1", port=9, user_ids=("a",))
    with LoadClient(away, None) as client:
        ladder = Ladder(client, server[0], SENSORS, SETTINGS)
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
