"""The load ladder: saturation first, then the idle server and steady windows at shares of it.

The process that measures sleeps between the edges of slices. It reads the CPU time and memory of
the server's process and of the client's at each edge, and sensors of the machine where there are.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ecorec.energy.isolation import IsolationWatch
from ecorec.energy.sensor import Sensor
from ecorec.serving.load.cautions import cautions
from ecorec.serving.load.client import LoadClient, prepares_s
from ecorec.serving.load.loaded_server import LEAD_S, LoadedServer, sleep_until
from ecorec.serving.load.outcome import Outcome
from ecorec.serving.load.saturation import find_saturation
from ecorec.serving.load.settings import LoadSettings
from ecorec.serving.load.window import step_of
from ecorec.serving.record import Saturation, Step

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
        self._server = LoadedServer(client, server_pid, sensors, settings)
        self._settings = settings
        self._on_step = on_step

    def run(self) -> LadderResult:
        """Measure saturation, the idle server, and every step.

        Raises:
            EcorecError: The server or the client ended, or the server answers with errors.
        """
        settings = self._settings
        with self._server.sampler():
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
        """Return the highest rate of answers, whatever the latency."""
        return find_saturation(self._server)

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
        ready_s = prepares_s(math.ceil(rate_per_s * duration_s), settings.users_per_request)
        begin_s = time.monotonic() + LEAD_S + ready_s
        if rate_per_s:
            self._server.client.begin(
                self._server.job(loop="open", begin_s=begin_s, duration_s=duration_s,
                                 rate_per_s=rate_per_s, connections=settings.connections)
            )  # fmt: skip
        first_s = begin_s + settings.ramp_s
        edges = [
            first_s + settings.window_s * i / settings.slices for i in range(settings.slices + 1)
        ]
        sleep_until(edges[0])
        watch = IsolationWatch()
        looks = self._server.look_at(edges)
        isolation = watch.isolation()
        found = self._server.client.result() if rate_per_s else _nothing()
        late_s = max(look.server.at_s - edge for look, edge in zip(looks, edges, strict=True))
        step = step_of(
            self._server.meters, looks, found,
            load=load,
            offered_per_s=rate_per_s,
            users_per_request=settings.users_per_request,
            foreign_share=isolation.foreign_share if isolation else None,
        )  # fmt: skip
        return step, late_s


def _nothing() -> Outcome:
    none = np.zeros(0)
    return Outcome(none, none, none, np.zeros(0, dtype=np.int64))
