"""Exact joules: a sensor that gains 5 J and 2 CPU seconds for each second of a scripted clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecorec.energy.ledger import Ledger
from ecorec.energy.meter import Meter
from ecorec.energy.reading import ComponentEnergy, add_readings
from ecorec.energy.sensor import AbsentSensor, absent_energy


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


class Steady:
    """A counter of five joules a second; ±20 %."""

    name, component, method, scope, period_s = "steady", "cpu", "counter", "machine", 0.001

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.broken = False

    def read(self) -> float | None:
        return None if self.broken else 5 * self.clock.now_s

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


def meter(clock: Clock, *more) -> Meter:
    return Meter([Steady(clock), *more], clock=clock, cpu_clock=lambda: 2 * clock.now_s)


def test_windows_overlap(clock: Clock) -> None:
    here = meter(clock)
    first, second = here.window("a"), here.window("b")
    first.__enter__()
    clock.sleep(1)
    second.__enter__()
    clock.sleep(2)
    first.__exit__(None, None, None)
    clock.sleep(4)
    second.__exit__(None, None, None)
    assert (first.reading.duration_s, first.reading.energy_j) == (3, 15)
    assert (second.reading.duration_s, second.reading.energy_j) == (6, 30)
    assert second.reading.low_j == pytest.approx(24)
    assert second.reading.cpu_s == 12


def test_phases_are_exclusive_and_the_rest_is_shown(clock: Clock) -> None:
    ledger = Ledger(meter(clock))
    clock.sleep(1)  # unbooked
    with ledger.phase("train") as window:
        clock.sleep(2)
        with ledger.phase("validate"):
            clock.sleep(3)
        clock.sleep(4)
    with ledger.phase("validate"):
        clock.sleep(5)
    phases = {phase.name: phase.energy_j for phase in ledger.phases()}
    assert phases == {"validate": pytest.approx(40), "train": pytest.approx(30)}
    assert window.reading.energy_j == pytest.approx(45)
    assert ledger.total().energy_j == pytest.approx(75)
    assert ledger.total().energy_j - sum(phases.values()) == pytest.approx(5)


def test_an_aside_is_in_no_phase_and_not_in_the_total(clock: Clock) -> None:
    ledger = Ledger(meter(clock))
    with ledger.phase("train"):
        clock.sleep(2)
        with ledger.aside("test") as aside:
            clock.sleep(10)
    with ledger.aside("test"):
        clock.sleep(7)
    assert aside.reading.energy_j == pytest.approx(50)
    assert [(p.name, p.energy_j) for p in ledger.phases()] == [("train", pytest.approx(10))]
    assert ledger.total().energy_j == pytest.approx(10)
    assert ledger.total().duration_s == pytest.approx(2)


def test_an_earlier_attempt_is_carried(clock: Clock) -> None:
    first = Ledger(meter(clock))
    with first.phase("train"):
        clock.sleep(3)
    phases, total = list(first.phases()), first.total()
    clock.sleep(1000)  # the machine was off
    second = Ledger(meter(clock))
    second.carry(phases, total)
    with second.phase("train"):
        clock.sleep(4)
    assert [phase.energy_j for phase in second.phases()] == [pytest.approx(35)]
    assert second.total().energy_j == pytest.approx(35)


def test_a_phase_that_fails_is_booked_up_to_its_failure(clock: Clock) -> None:
    ledger = Ledger(meter(clock))
    window = ledger.phase("train")
    window.__enter__()
    clock.sleep(2)
    assert not window.__exit__(RuntimeError, RuntimeError(), None)
    assert ledger.total().energy_j == pytest.approx(10)


def test_absent_stays_absent_and_is_never_a_zero(clock: Clock) -> None:
    here = meter(clock, AbsentSensor("machine", "no counter"))
    with here.window("a") as window:
        clock.sleep(1)
    by_name = {item.component: item for item in window.reading.components}
    assert by_name["machine"].energy_j is None
    assert by_name["machine"].reason == "no counter"
    assert window.reading.energy_j == 5
    assert window.reading.methods == ("counter",)


def test_a_sensor_lost_in_mid_run_makes_the_sum_absent(clock: Clock) -> None:
    sensor = Steady(clock)
    here = Meter([sensor], clock=clock, cpu_clock=lambda: 0.0)
    readings = []
    for broken in (False, True, False):
        sensor.broken = False
        with here.window("train") as window:
            clock.sleep(1)
            sensor.broken = broken
        readings.append(window.reading)
    total = add_readings("train", readings)
    assert total.energy_j is None
    assert total.methods == ("absent",)
    assert total.components[0].reason == "permission was lost"
    assert total.duration_s == 3


def test_a_window_too_short_for_its_sensor_says_so(clock: Clock) -> None:
    with meter(clock).window("blink") as window:
        clock.sleep(0.019)
    assert "shorter than 20 periods of sensor `steady`" in window.reading.warnings[0]
    with meter(clock).window("long") as window:
        clock.sleep(0.021)
    assert window.reading.warnings == ()


def test_an_open_window_has_no_reading(clock: Clock) -> None:
    window = meter(clock).window("train")
    with window, pytest.raises(RuntimeError, match="has not closed"):
        _ = window.reading


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 10), st.floats(0, 10)), max_size=8))
def test_phases_and_rest_add_up_to_the_total(steps) -> None:
    clock = Clock()
    ledger = Ledger(meter(clock))
    rest = 0.0
    for name, inside, outside in steps:
        with ledger.phase(name):
            clock.sleep(inside)
            with ledger.phase("inner"):
                clock.sleep(inside)
        clock.sleep(outside)
        rest += 5 * outside
    booked = sum(phase.energy_j for phase in ledger.phases())
    assert ledger.total().energy_j == pytest.approx(booked + rest, abs=1e-6)


def test_the_device_is_synchronised_before_both_edges(clock: Clock) -> None:
    calls = []
    here = Meter([Steady(clock)], clock=lambda: calls.append("clock") or 0.0,
                 cpu_clock=lambda: 0.0, synchronize=lambda: calls.append("sync"))  # fmt: skip
    with here.window("a"):
        pass
    assert calls == ["sync", "clock", "sync", "clock"]
