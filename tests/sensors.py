"""A clock and sensors whose seconds and joules a test decides, to the last digit."""

import threading

from ecorec.energy.reading import ComponentEnergy, Method, Scope
from ecorec.energy.sampling import THREAD
from ecorec.energy.sensor import absent_energy


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


class Counted:
    """A sensor of joules that a test adds by hand, known within factors of themselves."""

    WHY_LOST = "permission was lost"

    def __init__(
        self,
        name: str = "counted",
        component: str = "cpu",
        method: Method = "modelled",
        scope: Scope = "process",
        *,
        period_s: float = 1e-6,
        ends: tuple[float, float] = (1.0, 1.0),
    ) -> None:
        self.name, self.component, self.method, self.scope = name, component, method, scope
        self.period_s, self.ends = period_s, ends
        self.joules = 0.0
        self.lost = False

    def read(self) -> float | None:
        return None if self.lost else self.joules

    def between(self, start: float | None, end: float | None) -> ComponentEnergy:
        if start is None or end is None:
            return absent_energy(self, self.WHY_LOST)
        joules = end - start
        low, high = self.ends
        return ComponentEnergy(
            component=self.component, sensor=self.name, method=self.method, scope=self.scope,
            energy_j=joules, low_j=low * joules, high_j=high * joules,
        )  # fmt: skip


class Powered(Counted):
    """A counter of the machine: watts that a test sets, on a clock that it moves."""

    def __init__(
        self,
        clock: Clock,
        watts: float,
        name: str = "rapl-package",
        component: str = "cpu",
        method: Method = "counter",
        *,
        ends: tuple[float, float] = (1.0, 1.0),
    ) -> None:
        super().__init__(name, component, method, "machine", period_s=0.001, ends=ends)
        self._clock, self._watts, self._at_s = clock, watts, clock()

    @property
    def watts(self) -> float:
        return self._watts

    @watts.setter
    def watts(self, value: float) -> None:
        self.read()
        self._watts = value

    def read(self) -> float | None:
        now_s = self._clock()
        self.joules += self._watts * (now_s - self._at_s)
        self._at_s = now_s
        return super().read()


class Attended(Counted):
    """A meter of the machine that answers only while one sampler, and no second one, asks it.

    As one at the wall, but it is at once that it falls silent. Nothing else may need sampling.
    """

    sample_every_s = 3600.0

    def __init__(self) -> None:
        super().__init__("attended", "machine", "replayed", "machine")

    def sample(self) -> None:
        """Nothing: whether it was asked is seen by the thread that asks."""

    def lose(self, reason: str) -> None:
        raise AssertionError(reason)

    def read(self) -> float | None:
        names = [thread.name for thread in threading.enumerate()]
        self.joules += 1.0
        return self.joules if names.count(THREAD) == 1 else None
