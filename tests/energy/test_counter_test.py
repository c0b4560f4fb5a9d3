import functools
import math

import pytest

from ecorec.energy import counter_test
from ecorec.energy.counter_test import failing, without_failing
from ecorec.energy.meter import Meter
from ecorec.energy.wall import WallSensor, WallSettings
from ecorec.units import JOULES
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


class Plug:
    """A meter at the wall of a machine of 60 W at rest and 80 W under load."""

    def __init__(self, clock, unit: str, every_s: float, step: float) -> None:
        self.clock, self.unit, self.every_s, self.step = clock, unit, every_s, step
        self.watts, self.busy_w, self.joules = 60.0, 80.0, 0.0
        self.shown, self.shown_s, self.asked = 0.0, -math.inf, 0

    def __call__(self) -> float:
        """Answer with what it shows, which changes as often as it is to be asked."""
        self.asked += 1
        if self.clock() - self.shown_s >= self.every_s:
            counted = self.watts if self.unit == "W" else self.joules / JOULES[self.unit]
            self.shown, self.shown_s = round(counted // self.step * self.step, 9), self.clock()
        return self.shown

    def pass_time(self, seconds: float, watts: float, sensor: WallSensor) -> None:
        """Draw a power for a while, and be asked meanwhile as a sampler does."""
        self.watts = watts
        end_s = self.clock() + seconds
        while (next_s := min(self.clock() + self.every_s, end_s)) > self.clock():
            self.joules += watts * (next_s - self.clock())
            self.clock.now_s = next_s
            if next_s < end_s:
                sensor.sample()
        self.watts = 60.0


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch, clock):
    """Return a meter's sensor and the meter, tried on a clock that trials move."""

    class Looks:
        """A sampler that looks at once, and leaves it to the trials to look later."""

        def __init__(self, sensors) -> None:
            self.sensors = sensors

        def __enter__(self) -> None:
            for sensor in self.sensors:
                sensor.sample()

        def __exit__(self, *_) -> None:
            pass

    def make(unit: str, every_s: float, step: float = 1e-6) -> tuple[WallSensor, Plug]:
        plug = Plug(clock, unit, every_s, step)
        settings = WallSettings(command="unused", unit=unit, every_s=every_s)
        sensor = WallSensor(plug, settings, clock)
        monkeypatch.setattr(counter_test, "idle", lambda s: plug.pass_time(s, 60.0, sensor))
        monkeypatch.setattr(counter_test, "spin", lambda s: plug.pass_time(s, plug.busy_w, sensor))
        return sensor, plug

    monkeypatch.setattr(counter_test, "Meter", functools.partial(Meter, clock=clock))
    monkeypatch.setattr(counter_test, "Sampler", Looks)
    return make


@pytest.mark.parametrize(
    ("unit", "every_s"), [("W", 1), ("W", 5), ("W", 15), ("J", 1), ("J", 5), ("Wh", 10)]
)
def test_a_meter_is_tried_for_as_long_as_its_values_last(wall, unit: str, every_s: float) -> None:
    sensor, _ = wall(unit, every_s)
    assert without_failing([sensor]) == (sensor,)
    assert sensor.cautions == ()


@pytest.mark.parametrize(
    ("unit", "every_s", "step", "shown"),
    [
        ("kWh", 1, 0.001, "0.0 W busy, 0.0 W idle"),
        ("Wh", 1, 1.0, "0.0 W busy, 0.0 W idle"),
        ("W", 1, 100.0, "0.0 W busy, 0.0 W idle"),
        ("W", 1, 60.0, "60.0 W busy, 60.0 W idle"),
        ("W", 60, 1.0, "it changes only every 60 s"),
    ],
)
def test_a_meter_that_is_too_coarse_or_slow_to_tell_is_kept_and_says_so(
    wall, clock, unit: str, every_s: float, step: float, shown: str
) -> None:
    sensor, _ = wall(unit, every_s, step)
    began_s = clock()
    assert without_failing([sensor]) == (sensor,)
    assert clock() - began_s <= 5  # it is not tried again, nor where that is in vain
    doubt = f"the wall meter may be of another machine: its self-test could not tell: {shown}"
    sensor.sample()
    with Meter([sensor], clock=clock).window("train") as window:
        clock.sleep(1)
    assert doubt in window.reading.warnings


def test_what_differs_by_how_long_an_edge_took_is_the_same(wall) -> None:
    sensor, plug = wall("W", 1)
    plug.busy_w = 60.2
    assert without_failing([sensor]) == (sensor,)
    (doubt,) = sensor.cautions
    assert doubt.endswith("could not tell: 60.1 W busy, 60.0 W idle")


def test_a_doubt_is_gone_once_the_meter_passes(wall) -> None:
    sensor, plug = wall("W", 1)
    plug.busy_w = 60.0
    assert without_failing([sensor]) == (sensor,)
    assert len(sensor.cautions) == 1
    plug.busy_w = 80.0
    assert without_failing([sensor]) == (sensor,)
    assert sensor.cautions == ()


def test_a_meter_that_shows_the_contrary_is_absent(wall) -> None:
    sensor, plug = wall("W", 1)
    plug.busy_w = 40.0
    (found,) = without_failing([sensor])
    assert found.method == "absent"
    reason = "failed its self-test: 46.7 W busy is not more than 60.0 W idle"
    assert found.between(None, None).reason == reason


@pytest.mark.parametrize(
    ("every_s", "told"),
    [(1, []), (5, ["testing the meter with an idle and a busy CPU: 25 s"])],
)
def test_a_test_that_takes_long_is_told_of(wall, every_s: float, told: list[str]) -> None:
    sensor, _ = wall("W", every_s)
    heard: list[str] = []
    assert failing([sensor], heard.append) == {}
    assert heard == told
