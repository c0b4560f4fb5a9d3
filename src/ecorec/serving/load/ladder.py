"""The load ladder: saturation first, then the idle server and steady windows at shares of it.

The process that measures sleeps between the edges of slices. It reads the CPU time and memory of
the server's process and of the client's at each edge, and sensors of the machine where there are.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ecorec.energy.isolation import IsolationWatch
from ecorec.energy.meter import Meter
from ecorec.energy.other_process import ProcessClock, only_process, sensors_of
from ecorec.energy.sampling import Sampler
from ecorec.energy.sensor import Sensor
from ecorec.errors import EcorecError
from ecorec.serving.load.cautions import cautions
from ecorec.serving.load.client import Job, LoadClient
from ecorec.serving.load.outcome import TIMED_OUT, Outcome
from ecorec.serving.load.settings import LoadSettings
from ecorec.serving.load.window import Look, Meters, n_within, step_of
from ecorec.serving.record import Saturation, Step

LEAD_S = 0.3
"""Seconds between telling the client of a job and its first request, to prepare requests."""

PREPARED_PER_S = 100_000
"""The client builds at least this many requests a second; it is given that much time, beside
LEAD_S, before the first is due."""

GAIN = 1.05
"""More connections are better if they raise the rate by this factor; after two trials that do not,
the search ends."""

SEARCH_SHARE = 10
"""A window lasts this many times as long as a trial of the search."""

MOST_LATE = 0.05
"""A window whose edges were read later than this share of it is measured again."""

TRIES = 3


@dataclass(frozen=True)
class LadderResult:
    """Everything that the ladder measured."""

    saturation: Saturation
    idle: Step
    steps: tuple[Step, ...]
    warnings: tuple[str, ...]


class Ladder:
    """Measures a running server.

    Args:
        client: The load client, ready.
        server_pid: Process of the server; its children are counted as well.
        sensors: Of this machine, as `find_sensors` returns them.
        settings: What is asked, and for how long.
        on_step: Called after every window.
    """

    def __init__(
        self,
        client: LoadClient,
        server_pid: int,
        sensors: Sequence[Sensor],
        settings: LoadSettings,
        on_step: Callable[[str, Step | Saturation], None] = lambda name, step: None,
    ) -> None:
        self._client = client
        self._settings = settings
        self._on_step = on_step
        self._of_server = sensors_of(server_pid, sensors)
        self._of_client = only_process(sensors_of(client.pid, sensors))
        self._meters = Meters(
            _meter(self._of_server, server_pid), _meter(self._of_client, client.pid)
        )

    def run(self) -> LadderResult:
        """Measure saturation, the idle server, and every step.

        Raises:
            EcorecError: The server or the client ended, or the server answers with errors.
        """
        settings = self._settings
        with Sampler([*self._of_server, *self._of_client]):
            saturation = self.saturation()
            self._on_step("saturation", saturation)
            idle = self.window(0.0, 0.0)
            self._on_step("idle", idle)
            steps = []
            for percent in settings.steps:
                load = percent / 100
                step = self.window(load, load * saturation.requests_per_s)
                self._on_step(f"{percent:g} %", step)
                steps.append(step)
        return LadderResult(saturation, idle, tuple(steps), cautions(saturation, steps))

    def saturation(self) -> Saturation:
        """Return the highest rate of answers in a closed loop, over 1, 2, 4, … connections."""
        tried: list[tuple[int, float]] = []
        shares: list[tuple[float, float]] = []
        best, misses, connections = 0.0, 0, 1
        while misses < 2 and connections <= self._settings.connections:
            rate, share = self._trial(connections)
            tried.append((connections, rate))
            shares.append(share)
            misses = 0 if rate > GAIN * best else misses + 1
            best = max(best, rate)
            connections *= 2
        at = max(range(len(tried)), key=lambda i: tried[i][1])
        return Saturation(
            requests_per_s=best,
            connections=tried[at][0],
            tried=tuple(tried),
            server_cpu_share=shares[at][0],
            client_cpu_share=shares[at][1],
        )

    def _trial(self, connections: int) -> tuple[float, tuple[float, float]]:
        seconds = max(0.5, self._settings.window_s / SEARCH_SHARE)
        ramp_s = 0.2 * seconds
        begin_s = time.monotonic() + LEAD_S
        self._client.begin(
            self._job(loop="closed", begin_s=begin_s, duration_s=ramp_s + seconds,
                      connections=connections)
        )  # fmt: skip
        first, last = self._look_at([begin_s + ramp_s, begin_s + ramp_s + seconds])
        found = self._client.result()
        _refuse_errors(found)
        length_s = last.server.at_s - first.server.at_s
        n = n_within(found.done_s[found.answered], first.server.at_s, last.server.at_s)
        shares = (
            (last.server.cpu_s - first.server.cpu_s) / length_s,
            (last.client.cpu_s - first.client.cpu_s) / length_s,
        )
        return n / length_s, shares

    def window(self, load: float, rate_per_s: float) -> Step:
        """Return one steady window.

        Args:
            load: Share of saturation, for the record.
            rate_per_s: Requests a second that are due; 0 for the idle server.
        """
        for _ in range(TRIES - 1):
            step, late_s = self._try_window(load, rate_per_s)
            if late_s < MOST_LATE * self._settings.window_s:
                return step
        return self._try_window(load, rate_per_s)[0]

    def _try_window(self, load: float, rate_per_s: float) -> tuple[Step, float]:
        """Return a window, and how late its edges were read at most."""
        settings = self._settings
        duration_s = settings.ramp_s + settings.window_s
        prepares_s = rate_per_s * duration_s / PREPARED_PER_S
        begin_s = time.monotonic() + LEAD_S + prepares_s
        if rate_per_s:
            self._client.begin(
                self._job(loop="open", begin_s=begin_s, duration_s=duration_s,
                          rate_per_s=rate_per_s, connections=settings.connections)
            )  # fmt: skip
        first_s = begin_s + settings.ramp_s
        edges = [
            first_s + settings.window_s * i / settings.slices for i in range(settings.slices + 1)
        ]
        _sleep_until(edges[0])
        watch = IsolationWatch()
        looks = self._look_at(edges)
        isolation = watch.isolation()
        found = self._client.result() if rate_per_s else _nothing()
        late_s = max(look.server.at_s - edge for look, edge in zip(looks, edges, strict=True))
        step = step_of(
            self._meters, looks, found,
            load=load,
            offered_per_s=rate_per_s,
            users_per_request=settings.users_per_request,
            foreign_share=isolation.foreign_share if isolation else None,
        )  # fmt: skip
        return step, late_s

    def _job(self, **fields: object) -> Job:
        settings = self._settings
        shared = settings.model_dump(
            include={"users", "arrivals", "users_per_request", "timeout_s", "seed"}
        )
        return Job.model_validate(shared | fields)

    def _look_at(self, edges: list[float]) -> list[Look]:
        looks = []
        for at, edge in enumerate(edges):
            _sleep_until(edge)
            looks.append(self._meters.look(closing=at == len(edges) - 1))
        return looks


def _meter(sensors: tuple[Sensor, ...], pid: int) -> Meter:
    return Meter(sensors, clock=time.monotonic, cpu_clock=ProcessClock(pid))


def _sleep_until(at_s: float) -> None:
    time.sleep(max(0.0, at_s - time.monotonic()))


def _nothing() -> Outcome:
    none = np.zeros(0)
    return Outcome(none, none, none, np.zeros(0, dtype=np.int64))


def _refuse_errors(found: Outcome) -> None:
    bad = found.status[~found.answered]
    if bad.size > 0.01 * found.status.size:
        codes, counts = np.unique(bad, return_counts=True)
        worst = int(codes[counts.argmax()])
        what = {0: "a broken connection", TIMED_OUT: "no answer in time"}.get(worst, f"{worst}")
        message = (
            f"the server answered {bad.size:,} of {found.status.size:,} requests with errors, "
            f"most with {what}"
        )
        raise EcorecError(message, hint="nothing is measured of a server that fails")
