import functools

import pytest

from ecorec.energy import counter_test
from ecorec.energy.counter_test import without_failing
from ecorec.energy.meter import Meter
from tests.sensors import Counted, Powered


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch, clock) -> Powered:
    """A counter of 10 W at rest and of `busy_w` under load, on a clock that trials move."""
    found = Powered(clock, 10.0)
    found.busy_w = 20.0

    def idle(seconds: float) -> None:
        clock.sleep(seconds)

    def spin(seconds: float) -> None:
        found.watts = found.busy_w
        clock.sleep(seconds)
        found.watts = 10.0

    monkeypatch.setattr(counter_test, "Meter", functools.partial(Meter, clock=clock))
    monkeypatch.setattr(counter_test, "idle", idle)
    monkeypatch.setattr(counter_test, "spin", spin)
    return found


def test_a_counter_that_moves_with_the_load_is_kept(counter) -> None:
    counter.busy_w = 10.1
    assert without_failing([counter]) == (counter,)


def test_a_counter_that_does_not_is_absent_with_what_it_showed(counter) -> None:
    counter.busy_w = 10.0
    (found,) = without_failing([counter])
    energy = found.between(None, None)
    assert (found.name, energy.method, energy.energy_j) == ("rapl-package", "absent", None)
    assert energy.reason == "failed its self-test: 10.0 W busy is not more than 10.0 W idle"


def test_a_neighbour_may_be_louder_twice(counter, clock, monkeypatch) -> None:
    tried: list[float] = []

    def beside_a_neighbour(seconds: float) -> None:
        tried.append(seconds)
        counter.watts = 30.0 if len(tried) < counter_test.TRIES else 10.0
        clock.sleep(seconds)
        counter.watts = 10.0

    monkeypatch.setattr(counter_test, "idle", beside_a_neighbour)
    assert without_failing([counter]) == (counter,)
    assert len(tried) == counter_test.TRIES


def test_what_does_not_see_the_cpu_is_not_tried() -> None:
    class Untouched(Counted):
        def read(self) -> float:
            raise AssertionError

    other = Untouched("replay", method="replayed", scope="machine")
    assert without_failing([other]) == (other,)
