"""A recording of a sensor, and the sensor that plays it back.

For tests and demonstrations of what a machine with counters shows, on one without.
"""

import time
from bisect import bisect_right
from collections.abc import Callable

from pydantic import NonNegativeFloat, model_validator

from ecorec.config import Config
from ecorec.energy.reading import ComponentEnergy, Method, Scope
from ecorec.energy.sensor import Sensor, absent_energy


class Recording(Config):
    """Joules of one component over time, from zero."""

    component: str
    """What was measured."""
    scope: Scope
    """Whose joules they were."""
    method: Method
    """How they were obtained when they were recorded."""
    at_s: tuple[NonNegativeFloat, ...]
    """Seconds since the recording began, ascending, from 0."""
    energy_j: tuple[NonNegativeFloat, ...]
    """Joules until each of these moments, never falling, from 0."""

    @model_validator(mode="after")
    def _check(self) -> "Recording":
        if len(self.at_s) < 2 or len(self.at_s) != len(self.energy_j):
            message = f"{len(self.at_s)} moments with {len(self.energy_j)} values: not two or more"
            raise ValueError(message)
        for name, values in (("at_s", self.at_s), ("energy_j", self.energy_j)):
            if values[0] != 0 or list(values) != sorted(values):
                message = f"`{name}` does not ascend from 0"
                raise ValueError(message)
        return self


class Recorder:
    """Writes down what a sensor shows; `ecorec.energy.sampling` or the caller says when.

    Args:
        sensor: What is recorded; it must be readable.
        sample_every_s: Seconds between two values, if it is sampled.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        sensor: Sensor,
        sample_every_s: float = 0.1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sample_every_s = sample_every_s
        self._sensor = sensor
        self._clock = clock
        self._moments: list[tuple[float, float | None]] = []
        self._lost: str | None = None

    def sample(self) -> None:
        """Write down the sensor's value now."""
        self._moments.append((self._clock(), self._sensor.read()))

    def lose(self, reason: str) -> None:
        """Write down that the sensor could not be read, so that there is no recording."""
        self._lost = reason

    def recording(self) -> Recording:
        """Return what was recorded so far.

        Raises:
            ValueError: The sensor was absent at some time, or there are fewer than two values.
        """
        if self._lost is not None:
            message = f"`{self._sensor.name}` cannot be replayed: {self._lost}"
            raise ValueError(message)
        at_s, energy_j = [], []
        for when_s, value in self._moments:
            energy = self._sensor.between(self._moments[0][1], value)
            if energy.energy_j is None:
                message = f"`{self._sensor.name}` cannot be replayed: {energy.reason}"
                raise ValueError(message)
            at_s.append(when_s - self._moments[0][0])
            energy_j.append(energy.energy_j)
        return Recording(
            component=self._sensor.component,
            scope=self._sensor.scope,
            method=self._sensor.method,
            at_s=tuple(at_s),
            energy_j=tuple(energy_j),
        )


class ReplaySensor:
    """Shows a recording from the moment that it is made.

    Args:
        recording: What to show.
        clock: Monotonic seconds.
    """

    name = "replay"
    method: Method = "replayed"

    def __init__(self, recording: Recording, clock: Callable[[], float] = time.monotonic) -> None:
        self.component = recording.component
        self.scope: Scope = recording.scope
        self.period_s = recording.at_s[-1] / (len(recording.at_s) - 1)
        self._recording = recording
        self._clock = clock
        self._start_s = clock()

    def read(self) -> float | None:
        """Return joules until now, linear between two values; `None` after the last."""
        elapsed_s = self._clock() - self._start_s
        at_s, energy_j = self._recording.at_s, self._recording.energy_j
        after = bisect_right(at_s, elapsed_s)
        if after == len(at_s):
            return energy_j[-1] if elapsed_s == at_s[-1] else None
        share = (elapsed_s - at_s[after - 1]) / (at_s[after] - at_s[after - 1])
        return energy_j[after - 1] + share * (energy_j[after] - energy_j[after - 1])

    def between(self, start: float | None, end: float | None) -> ComponentEnergy:
        """Return the joules between two reads; absent once the recording has ended."""
        if start is None or end is None:
            length_s = self._recording.at_s[-1]
            return absent_energy(self, f"the recording ended after {length_s:g} s")
        return ComponentEnergy(
            component=self.component,
            sensor=self.name,
            method=self.method,
            scope=self.scope,
            energy_j=end - start,
            low_j=end - start,
            high_j=end - start,
            reason=f"recorded as `{self._recording.method}`",
        )
