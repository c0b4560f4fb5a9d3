import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecorec.energy.meter import Meter
from ecorec.energy.sensor import AbsentSensor
from tests.sensors import Counted


def test_windows_overlap(clock, meter) -> None:
    first, second = meter.window("a"), meter.window("b")
    first.__enter__()
    clock.sleep(1)
    second.__enter__()
    clock.sleep(2)
    first.__exit__(None, None, None)
    clock.sleep(4)
    second.__exit__(None, None, None)
    assert (first.reading.duration_s, first.reading.energy_j) == (3, 15)
    assert (second.reading.duration_s, second.reading.energy_j) == (6, 30)
    assert (second.reading.low_j, second.reading.high_j) == (24, 36)
    assert second.reading.cpu_s == 12


def test_windows_nest_and_each_sees_all_that_is_in_it(clock, meter) -> None:
    with meter.window("outer") as outer:
        clock.sleep(1)
        with meter.window("inner") as inner:
            clock.sleep(2)
    assert (outer.reading.energy_j, inner.reading.energy_j) == (15, 10)


def test_one_window_does_not_disturb_another(clock, steady) -> None:
    """Two meters, and a thousand windows, over one sensor: no state is shared."""
    one, other = Meter([steady], clock=clock), Meter([steady], clock=clock)
    with one.window("whole") as whole:
        for _ in range(1000):
            with other.window("part"):
                clock.sleep(0.125)
    assert whole.reading.energy_j == 625


def test_a_sensor_that_is_not_there_says_why_and_is_not_a_zero(clock, steady) -> None:
    meter = Meter([steady, AbsentSensor("gpu", "no driver")], clock=clock)
    with meter.window("a") as window:
        clock.sleep(1)
    _, gpu = window.reading.components
    assert (gpu.energy_j, gpu.low_j, gpu.high_j) == (None, None, None)
    assert (gpu.method, gpu.reason) == ("absent", "no driver")
    assert (window.reading.energy_j, window.reading.methods) == (5, ("counter",))


def test_a_sensor_that_is_lost_makes_the_window_absent(clock, steady, meter) -> None:
    with meter.window("a") as window:
        clock.sleep(1)
        steady.lost = True
    assert window.reading.energy_j is None
    assert window.reading.methods == ("absent",)
    assert window.reading.scope is None
    assert window.reading.components[0].reason == "permission was lost"
    assert (window.reading.duration_s, window.reading.cpu_s) == (1, 2)


def test_nothing_measured_is_absent() -> None:
    with Meter([]).window("a") as window:
        pass
    assert (window.reading.energy_j, window.reading.methods) == (None, ("absent",))


def test_a_window_that_is_too_short_for_its_sensor_says_so(clock, meter) -> None:
    with meter.window("blink") as blink:
        clock.sleep(0.019)
    with meter.window("long") as long:
        clock.sleep(0.021)
    expected = "a window `blink` was shorter than 20 periods of 0.001 s of sensor `steady`"
    assert blink.reading.warnings == (expected,)
    assert long.reading.warnings == ()


def test_an_open_window_has_no_reading(meter) -> None:
    window = meter.window("train")
    with window, pytest.raises(RuntimeError, match="window `train` has not closed"):
        _ = window.reading


def test_a_window_closes_on_an_error_and_lets_it_pass(clock, meter) -> None:
    window = meter.window("train")

    def train() -> None:
        with window:
            clock.sleep(2)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train()
    assert window.reading.energy_j == 10


def test_the_device_is_synchronised_before_anything_is_read_at_both_edges(steady) -> None:
    calls = []

    def clock() -> float:
        calls.append("clock")
        return 0.0

    with Meter([steady], clock=clock, synchronize=lambda: calls.append("sync")).window("a"):
        calls.append("body")
    assert calls == ["sync", "clock", "body", "sync", "clock"]


# The steps are eighths, which floating point adds without error.
EIGHTHS = st.integers(0, 80).map(lambda n: n / 8)


def test_what_a_look_costs_falls_into_the_window_whose_edge_it_is(clock) -> None:
    """A sensor that takes a second to read: two looks, at both edges, are in the window."""

    class Slow(Counted):
        def read(self) -> float:
            clock.sleep(1.0)
            return clock() * 5.0

    meter = Meter([Slow(), Slow()], clock=clock, cpu_clock=clock)
    began_s = clock()
    with meter.window("a") as window:
        clock.sleep(10.0)
    assert window.reading.duration_s == window.reading.cpu_s == clock() - began_s == 14.0
    # The first sensor was read first as it opened, and last as it closed.
    first, second = window.reading.components
    assert (first.energy_j, second.energy_j) == (5 * 13.0, 5 * 11.0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(EIGHTHS, min_size=1, max_size=10), data=st.data())
def test_adjacent_windows_add_up_to_the_window_around_them(new_meter, steps, data) -> None:
    clock, meter = new_meter()
    moments = [meter.now()]
    for step in steps:
        clock.sleep(step)
        moments.append(meter.now())
    cut = data.draw(st.integers(0, len(steps)))
    whole = meter.between("whole", moments[0], moments[-1])
    left = meter.between("left", moments[0], moments[cut])
    right = meter.between("right", moments[cut], moments[-1])
    assert left.energy_j + right.energy_j == whole.energy_j == 5 * sum(steps)
    assert left.duration_s + right.duration_s == whole.duration_s == sum(steps)
