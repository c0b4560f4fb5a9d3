"""The idle machine around a session of a study: before the first run and after the last."""

from collections.abc import Callable

from ecorec.energy.hardware import Hardware
from ecorec.energy.idle import IdleBaseline, measure_idle
from ecorec.energy.idle_cache import IdleCache
from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading
from ecorec.energy.sampling import sampled_window
from ecorec.energy.sensor import Sensor
from ecorec.study.pauses import LOOK


class IdleMachine:
    """Measures the idle machine where a sensor sees it.

    Args:
        sensors: Of the study.
        hardware: The machine.
        longest_s: Seconds that a measurement may take; 0 for none.
        on_start: Called with those seconds when a measurement begins.
        cache: Where earlier measurements by the same meters are.
    """

    def __init__(
        self,
        sensors: tuple[Sensor, ...],
        hardware: Hardware,
        longest_s: float,
        on_start: Callable[[float], None],
        cache: IdleCache,
    ) -> None:
        self._sensors = sensors
        self._hardware = hardware
        self._longest_s = longest_s
        self._on_start = on_start
        self._cache = cache
        self.took: Reading | None = None
        """What the last look took; `None` if there was nothing to see, or no need to look."""
        self._names = {s.name for s in sensors if s.scope == "machine" and s.method != "absent"}

    def before(self) -> IdleBaseline:
        """Return a recent measurement of this boot, or a new one."""
        kept = None
        if self._names and self._longest_s:
            kept = self._cache.find(self._hardware, self._names, self._longest_s)
        return kept or self._measure(self._longest_s)

    def after(self, before: IdleBaseline, longest_s: float) -> IdleBaseline | None:
        """Return a new measurement; `None` if no sensor saw the idle machine before.

        Args:
            before: The measurement before the runs.
            longest_s: Seconds that this one may take.
        """
        self.took = None
        return self._measure(longest_s) if before.powers else None

    def _measure(self, longest_s: float) -> IdleBaseline:
        if self._names and longest_s:
            self._on_start(longest_s)
        meter = Meter(self._sensors)
        with sampled_window(meter, LOOK) as window:
            found = measure_idle(meter, self._hardware, longest_s)
        self.took = window.reading if found.n_windows else None
        if found.powers:
            self._cache.keep(self._hardware, found)
        return found
