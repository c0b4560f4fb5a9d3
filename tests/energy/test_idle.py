"""The idle machine, with a counter whose watts are known."""

from datetime import UTC, datetime, timedelta

import pytest

from ecorec.energy.cpu_time import CpuTimeSensor
from ecorec.energy.hardware import describe_machine
from ecorec.energy.idle import ABSENT, drift, measure_idle
from ecorec.energy.idle_cache import IdleCache
from ecorec.energy.meter import Meter
from tests.sensors import Clock, Counted


class Wobbling(Counted):
    """A counter of 20 W, and of 1 W more or less in turn if told to."""

    def __init__(self, clock: Clock, wobble_w: float = 0.0) -> None:
        super().__init__("rapl-package", "cpu", "counter", "machine", period_s=0.001)
        self.clock, self.wobble_w = clock, wobble_w

    def read(self) -> float | None:
        seconds = self.clock()
        odd_seconds = seconds // 2 + (1 if seconds % 2 >= 1 else 0)
        return 20 * seconds + self.wobble_w * (2 * odd_seconds - seconds)


@pytest.fixture
def hardware():
    return describe_machine((3.0, 6.0, 9.0))


def test_a_steady_machine_is_known_after_ten_seconds(clock, hardware) -> None:
    meter = Meter([Wobbling(clock)], clock=clock, cpu_clock=lambda: 0.0)
    found = measure_idle(meter, hardware, 60.0, clock.sleep)
    (power,) = found.powers
    assert (found.n_windows, found.duration_s) == (10, 10.0)
    assert (power.power_w, power.method) == (pytest.approx(20), "counter")
    assert power.standard_error_w == pytest.approx(0)


def test_an_unsteady_machine_is_looked_at_until_it_is_known_to_a_percent(clock, hardware) -> None:
    """Windows of 15 and 25 W: a standard error of 5 / sqrt(n) W, below .2 W only after 625."""
    meter = Meter([Wobbling(clock, wobble_w=5)], clock=clock, cpu_clock=lambda: 0.0)
    found = measure_idle(meter, hardware, 60.0, clock.sleep)
    (power,) = found.powers
    assert found.n_windows == 60
    assert power.power_w == pytest.approx(20)
    assert power.standard_error_w == pytest.approx(5 / 59**0.5)


def test_a_slow_meter_is_looked_at_for_ten_of_its_values(clock, hardware) -> None:
    sensor = Wobbling(clock)
    sensor.period_s = 5.0
    found = measure_idle(Meter([sensor], clock=clock), hardware, 60.0, clock.sleep)
    assert (found.n_windows, found.duration_s) == (10, 50.0)
    sensor.period_s = 90.0
    found = measure_idle(Meter([sensor], clock=clock), hardware, 60.0, clock.sleep)
    assert (found.n_windows, found.duration_s) == (1, 60.0)


def test_a_meter_that_has_not_moved_is_looked_at_for_as_long_as_it_may_take(
    clock, hardware
) -> None:
    still = Counted("wall", "machine", "wall", "machine")
    found = measure_idle(Meter([still], clock=clock), hardware, 60.0, clock.sleep)
    assert found.duration_s == 60.0


def test_under_a_model_idle_is_absent_and_no_time_is_spent(clock, hardware) -> None:
    modelled = CpuTimeSensor((3.0, 6.0, 9.0), "assumed", "a test")
    before = clock()
    found = measure_idle(Meter([modelled], clock=clock), hardware, 60.0, clock.sleep)
    assert (found.powers, found.reason) == ((), ABSENT)
    assert clock() == before


def test_drift_is_the_largest_change(clock, hardware) -> None:
    meter = Meter([Wobbling(clock)], clock=clock, cpu_clock=lambda: 0.0)
    first = measure_idle(meter, hardware, 10.0, clock.sleep)
    (power,) = first.powers
    warmer = power.model_copy(update={"power_w": power.power_w * 1.07})
    assert drift(first, first.model_copy(update={"powers": (warmer,)})) == pytest.approx(0.07)
    assert drift(first, first.model_copy(update={"powers": ()})) is None


def test_the_cache_knows_machine_boot_sensors_and_age(clock, hardware, tmp_path) -> None:
    meter = Meter([Wobbling(clock)], clock=clock, cpu_clock=lambda: 0.0)
    found = measure_idle(meter, hardware, 10.0, clock.sleep)
    cache = IdleCache("a plug", tmp_path / "cache")
    assert cache.find(hardware, {"rapl-package"}, 60.0) is None
    cache.keep(hardware, found)
    assert cache.find(hardware, {"rapl-package"}, 60.0) == found
    assert cache.find(hardware, {"rapl-package", "rapl-dram"}, 60.0) is None
    rebooted = hardware.model_copy(update={"boot_id": "another"})
    assert cache.find(rebooted, {"rapl-package"}, 60.0) is None
    old = (datetime.now(UTC) - timedelta(hours=13)).isoformat(timespec="seconds")
    cache.keep(hardware, found.model_copy(update={"measured_at": old}))
    assert cache.find(hardware, {"rapl-package"}, 60.0) is None


def test_another_meter_has_an_idle_power_of_its_own(clock, hardware, tmp_path) -> None:
    """Their sensors go by the same name."""
    caches = [IdleCache(meters, tmp_path) for meters in ("a plug", "another plug")]
    meter = Meter([Wobbling(clock)], clock=clock, cpu_clock=lambda: 0.0)
    found = measure_idle(meter, hardware, 10.0, clock.sleep)
    caches[0].keep(hardware, found)
    assert caches[1].find(hardware, {"rapl-package"}, 60.0) is None
    caches[1].keep(hardware, found.model_copy(update={"duration_s": 11.0}))
    assert caches[0].find(hardware, {"rapl-package"}, 60.0) == found


@pytest.mark.parametrize(
    ("wobble_w", "lasted_s", "asked_s", "serves"),
    [
        (0.0, 2.0, 2.0, True),
        (0.0, 2.0, 60.0, False),  # a glance, for a study that would look for a minute
        (0.0, 10.0, 60.0, True),  # steady: a new look would end as early
        (5.0, 20.0, 60.0, False),
        (5.0, 60.0, 60.0, True),
    ],
)
def test_a_glance_does_not_serve_a_study_that_would_look_for_longer(
    clock, hardware, tmp_path, wobble_w: float, lasted_s: float, asked_s: float, serves: bool
) -> None:
    meter = Meter([Wobbling(clock, wobble_w)], clock=clock, cpu_clock=lambda: 0.0)
    cache = IdleCache("a plug", tmp_path)
    cache.keep(hardware, measure_idle(meter, hardware, lasted_s, clock.sleep))
    assert (cache.find(hardware, {"rapl-package"}, asked_s) is not None) is serves
