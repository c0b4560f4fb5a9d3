"""A clock that is told how late it is, and a counter whose joules follow from it exactly."""

from collections.abc import Callable

import pytest

from ecorec.energy.meter import Meter
from tests.sensors import Clock, Powered

CPUS_BUSY = 2.0


def steady_on(clock: Clock) -> Powered:
    """Return a counter of five joules a second, sure to a fifth."""
    return Powered(clock, 5.0, "steady", ends=(0.8, 1.2))


def meter_of(steady: Powered, clock: Clock) -> Meter:
    return Meter([steady], clock=clock, cpu_clock=lambda: CPUS_BUSY * clock())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def steady(clock: Clock) -> Powered:
    return steady_on(clock)


@pytest.fixture
def meter(clock: Clock, steady: Powered) -> Meter:
    """A meter over the steady counter: 5 J, and 2 CPU seconds, each second."""
    return meter_of(steady, clock)


@pytest.fixture
def new_meter() -> Callable[[], tuple[Clock, Meter]]:
    """As `clock` and `meter`, but new ones for every example of a property."""

    def make() -> tuple[Clock, Meter]:
        clock = Clock()
        return clock, meter_of(steady_on(clock), clock)

    return make
