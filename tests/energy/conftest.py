"""A clock that is told how late it is, and a counter whose joules follow from it exactly."""

from collections.abc import Callable

import pytest

from ecorec.energy.meter import Meter
from ecorec.energy.reading import ComponentEnergy
from ecorec.energy.sensor import absent_energy

WATTS = 5.0
CPUS_BUSY = 2.0


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


class Steady:
    """A counter of five joules a second, sure to a fifth, that can be broken."""

    name, component, method, scope, period_s = "steady", "cpu", "counter", "machine", 0.001

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.broken = False

    def read(self) -> float | None:
        return None if self.broken else WATTS * self.clock()

    def between(self, start: float | None, end: float | None) -> ComponentEnergy:
        if start is None or end is None:
            return absent_energy(self, "permission was lost")
        joules = end - start
        return ComponentEnergy(
            component="cpu", sensor="steady", method="counter", scope="machine",
            energy_j=joules, low_j=0.8 * joules, high_j=1.2 * joules,
        )  # fmt: skip


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def steady(clock: Clock) -> Steady:
    return Steady(clock)


@pytest.fixture
def meter(clock: Clock, steady: Steady) -> Meter:
    """A meter over the steady counter: 5 J, and 2 CPU seconds, each second."""
    return Meter([steady], clock=clock, cpu_clock=lambda: CPUS_BUSY * clock())


@pytest.fixture
def new_meter() -> Callable[[], tuple[Clock, Meter]]:
    """As `clock` and `meter`, but new ones for every example of a property."""

    def make() -> tuple[Clock, Meter]:
        clock = Clock()
        return clock, Meter([Steady(clock)], clock=clock, cpu_clock=lambda: CPUS_BUSY * clock())

    return make
