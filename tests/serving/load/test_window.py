"""A window in closed form: moments and requests by hand."""

from typing import Any

import numpy as np

from ecorec.energy.meter import Meter
from ecorec.serving.load.cautions import cautions
from ecorec.serving.load.outcome import TIMED_OUT, Outcome
from ecorec.serving.load.window import Meters, step_of
from ecorec.serving.record import Latency, Saturation, Step
from tests.sensors import Clock, Counted

NAN = float("nan")


def window(found: Outcome, joules: tuple[float, ...] = (0.0, 30.0, 50.0), **changes: Any) -> Step:
    """Return a window from second 100 to 102 whose two slices drew 30 and 20 J."""
    clock, sensor = Clock(), Counted()
    server = Meter([sensor], clock=clock, cpu_clock=lambda: clock() / 4)
    meters = Meters(server, Meter([], clock=clock, cpu_clock=lambda: clock() / 8))
    looks = []
    for at, value in enumerate(joules):
        clock.now_s, sensor.joules = 100.0 + at, value
        looks.append(meters.look(closing=at == len(joules) - 1))
    asked = {"load": 0.5, "offered_per_s": 2.0, "users_per_request": 3, "foreign_share": None}
    return step_of(meters, looks, found, **(asked | changes))


def outcome(*requests: tuple[float, float, float, int]) -> Outcome:
    due, sent, done, status = (np.array(column) for column in zip(*requests, strict=True))
    return Outcome(due, sent, done, status.astype(np.int64))


REQUESTS = outcome(
    (99.5, 99.5, 100.25, 200),  # due in the ramp, answered in the first slice
    (100.0, 100.0, 100.5, 200),
    (100.5, 100.75, 101.5, 200),
    (101.0, 101.0, 101.25, 500),
    (101.5, 101.5, NAN, TIMED_OUT),
    (101.75, 101.75, 102.0, 200),  # answered as the window closes: no longer within
    (102.0, 102.0, 102.25, 200),  # due as it closes
)


def test_requests_count_where_they_were_due_and_answers_where_they_came() -> None:
    step = window(REQUESTS)
    assert (step.n_requests, step.n_errors, step.n_timeouts) == (5, 2, 1)
    assert [part.n_recommendations for part in step.slices] == [6, 3]
    assert (step.throughput_per_s, step.n_recommendations) == (1.5, 9)
    assert step.latency == Latency(n=3, mean_s=1.75 / 3, p50_s=0.5, p95_s=1.0, p99_s=1.0, max_s=1.0)
    assert step.late_p99_s == 0.25


def test_slices_add_up_to_the_window_and_processes_stay_apart() -> None:
    step = window(REQUESTS)
    assert [part.reading.energy_j for part in step.slices] == [30, 20]
    assert (step.server.energy_j, step.server.duration_s, step.server.cpu_s) == (50, 2, 0.5)
    assert (step.client.energy_j, step.client.cpu_s) == (None, 0.25)
    assert step.server.name == "50 %"


def test_the_idle_server_has_no_latency() -> None:
    nothing = Outcome(*(np.zeros(0) for _ in range(3)), np.zeros(0, dtype=np.int64))
    step = window(nothing, load=0.0, offered_per_s=0.0)
    assert (step.n_requests, step.latency, step.late_p99_s, step.throughput_per_s) == (
        0, None, None, 0,
    )  # fmt: skip
    assert step.server.name == "idle"


def saturation(client_cpu_share: float) -> Saturation:
    return Saturation(
        requests_per_s=100, connections=4, tried=((4, 100),), server_cpu_share=1,
        client_cpu_share=client_cpu_share,
    )  # fmt: skip


def test_what_makes_a_ladder_less_sure_is_told() -> None:
    step = window(REQUESTS, foreign_share=0.25)
    quiet = step.model_copy(
        update={"n_errors": 0, "offered_per_s": 1.5, "latency": None, "foreign_share": 0.05}
    )
    assert cautions(saturation(0.9), [quiet]) == ()
    found = cautions(saturation(0.91), [step, quiet])
    assert [text.partition(":")[0] for text in found] == [
        "at saturation the client had 91% of a CPU",
        "step of 50 %",
        "step of 50 %",
        "step of 50 %",
        "1 of 2 steps had other work beside them (up to 25% of the machine's CPU time)",
    ]
    assert "only 75% of what was due was answered in its window" in found[1]
    assert "2 of 5 requests failed" in found[2]
    assert "its p99 rests on 3 answers" in found[3]


def test_hundreds_of_answers_are_few_and_a_thousand_are_not() -> None:
    step = window(REQUESTS, offered_per_s=1.5).model_copy(update={"n_errors": 0})
    assert step.latency is not None
    for n, told in ((999, True), (1000, False)):
        latency = step.latency.model_copy(update={"n": n})
        found = cautions(saturation(0.1), [step.model_copy(update={"latency": latency})])
        assert bool(found) is told
