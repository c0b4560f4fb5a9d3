"""Windows over sensors: they nest and overlap, on a monotonic clock."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType

from ecorec.energy.cpu_time import ProcessTreeClock
from ecorec.energy.reading import Reading
from ecorec.energy.sensor import Cautious, Sensor

PERIODS_PER_WINDOW = 20
"""A window shorter than this many periods of a sensor is flagged."""


@dataclass(frozen=True)
class Moment:
    """Everything read at one edge of a window."""

    at_s: float
    cpu_s: float
    values: tuple[float | None, ...]


class Meter:
    """A set of sensors that windows are opened over.

    Args:
        sensors: What to read, the absent ones included.
        clock: Monotonic seconds.
        cpu_clock: CPU seconds of the process tree.
        synchronize: Called at both edges before anything is read, e.g. to wait for a GPU.
    """

    def __init__(
        self,
        sensors: Sequence[Sensor],
        clock: Callable[[], float] = time.perf_counter,
        cpu_clock: Callable[[], float] | None = None,
        synchronize: Callable[[], None] | None = None,
    ) -> None:
        self.sensors = tuple(sensors)
        self._clock = clock
        self._cpu_clock = cpu_clock or ProcessTreeClock()
        self._synchronize = synchronize
        self.cost_s = 0.0
        """Seconds that reading the sensors has taken so far."""

    def now(self, *, closing: bool = False) -> Moment:
        """Read every sensor once.

        Args:
            closing: Whether a window ends here. What reading costs falls into the window whose
                edge it is: what comes first as it opens, comes last as it closes.
        """
        if self._synchronize is not None:
            self._synchronize()
        began_s = time.perf_counter()
        if closing:
            values = tuple(sensor.read() for sensor in reversed(self.sensors))[::-1]
            moment = Moment(self._clock(), self._cpu_clock(), values)
        else:
            at_s, cpu_s = self._clock(), self._cpu_clock()
            moment = Moment(at_s, cpu_s, tuple(sensor.read() for sensor in self.sensors))
        self.cost_s += time.perf_counter() - began_s
        return moment

    def between(self, name: str, start: Moment, end: Moment) -> Reading:
        """Return what happened between two moments."""
        duration_s = end.at_s - start.at_s
        short = [
            # Without its length, so that a thousand short windows are one warning.
            f"a window `{name}` was shorter than {PERIODS_PER_WINDOW} periods of "
            f"{sensor.period_s:g} s of sensor `{sensor.name}`"
            for sensor in self.sensors
            if duration_s < PERIODS_PER_WINDOW * sensor.period_s
        ]
        cautions = [
            text
            for sensor in self.sensors
            if isinstance(sensor, Cautious)
            for text in sensor.cautions
        ]
        return Reading(
            name=name,
            duration_s=duration_s,
            cpu_s=max(0.0, end.cpu_s - start.cpu_s),
            components=tuple(
                sensor.between(first, last)
                for sensor, first, last in zip(self.sensors, start.values, end.values, strict=True)
            ),
            warnings=(*short, *cautions),
        )

    def window(self, name: str) -> "Window":
        """Return a window that is open for the body of a `with` statement."""
        return Window(self, name)


class Window:
    """One span of measurement; its reading exists once it has closed.

    It is worked out when it is first asked for, so that closing costs nothing but the look at
    the sensors.
    """

    def __init__(self, meter: Meter, name: str) -> None:
        self._meter = meter
        self.name = name
        self._start: Moment | None = None
        self._end: Moment | None = None
        self._reading: Reading | None = None

    def __enter__(self) -> "Window":
        self._start = self._meter.now()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end = self._meter.now(closing=True)

    @property
    def has_closed(self) -> bool:
        """Whether there is a reading; never of a window in whose opening or closing Ctrl-C came."""
        return self._start is not None and self._end is not None

    @property
    def reading(self) -> Reading:
        """What the window measured.

        Raises:
            RuntimeError: The window is still open.
        """
        if self._reading is None:
            if self._start is None or self._end is None:
                message = f"window `{self.name}` has not closed yet"
                raise RuntimeError(message)
            self._reading = self._meter.between(self.name, self._start, self._end)
        return self._reading
