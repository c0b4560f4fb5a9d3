"""A server that is measured, with the client that asks it and the meters over both."""

import time
from collections.abc import Sequence

import numpy as np

from ecorec.energy.meter import Meter
from ecorec.energy.other_process import ProcessClock, only_process, sensors_of
from ecorec.energy.sampling import Sampler
from ecorec.energy.sensor import Sensor
from ecorec.errors import EcorecError
from ecorec.serving.load.client import Job, LoadClient
from ecorec.serving.load.outcome import TIMED_OUT, Outcome
from ecorec.serving.load.settings import LoadSettings
from ecorec.serving.load.window import Look, Meters

LEAD_S = 0.3
"""Seconds between telling the client of a job and its first request, beside `prepares_s`."""


class LoadedServer:
    """A running server and the client that asks it.

    Args:
        client: The load client, ready.
        server_pid: Process of the server; its children are counted as well.
        sensors: Of this machine, as `find_sensors` returns them.
        settings: What is asked, and for how long.
    """

    def __init__(
        self,
        client: LoadClient,
        server_pid: int,
        sensors: Sequence[Sensor],
        settings: LoadSettings,
    ) -> None:
        self.client, self.settings = client, settings
        self._of_server = sensors_of(server_pid, sensors)
        self._of_client = only_process(sensors_of(client.pid, sensors))
        self.meters = Meters(
            _meter(self._of_server, server_pid), _meter(self._of_client, client.pid)
        )

    def sampler(self) -> Sampler:
        """Return what samples all sensors while it is entered."""
        return Sampler([*self._of_server, *self._of_client])

    def job(self, **fields: object) -> Job:
        """Return a job for the client: the settings' stream of requests, with these fields."""
        shared = self.settings.model_dump(
            include={"users", "arrivals", "users_per_request", "timeout_s", "seed"}
        )
        return Job.model_validate(shared | fields)

    def look_at(self, edges: Sequence[float]) -> list[Look]:
        """Read all meters at each of these monotonic seconds, asleep in between."""
        looks = []
        for at, edge in enumerate(edges):
            sleep_until(edge)
            looks.append(self.meters.look(closing=at == len(edges) - 1))
        return looks


def sleep_until(at_s: float) -> None:
    """Sleep until a monotonic time; not at all if it has passed."""
    time.sleep(max(0.0, at_s - time.monotonic()))


def refuse_errors(found: Outcome) -> None:
    """Make sure that the server answers.

    Raises:
        EcorecError: More than one answer in a hundred is an error.
    """
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


def _meter(sensors: tuple[Sensor, ...], pid: int) -> Meter:
    return Meter(sensors, clock=time.monotonic, cpu_clock=ProcessClock(pid))
