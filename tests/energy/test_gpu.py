"""The sum over GPUs with boards whose millijoules are written by hand."""

import pytest

from ecorec.energy.gpu import GpuSensor
from ecorec.energy.meter import Meter


class LostError(Exception):
    """What a board raises that has fallen off the bus."""


class Board:
    def __init__(self, millijoules: int = 0) -> None:
        self.millijoules: int | None = millijoules

    def get_total_energy_consumption(self) -> int:
        if self.millijoules is None:
            raise LostError("GPU is lost")
        return self.millijoules


@pytest.fixture
def boards() -> list[Board]:
    return [Board(5_000_000), Board(7_000)]


def test_joules_of_all_boards_in_use_with_the_makers_range(boards) -> None:
    sensor = GpuSensor(boards, (LostError,))
    start = sensor.read()
    boards[0].millijoules += 300_000
    boards[1].millijoules += 100_250
    found = sensor.between(start, sensor.read())
    assert (found.energy_j, found.method, found.scope) == (400.25, "counter", "machine")
    assert (found.low_j, found.high_j) == pytest.approx((380.2375, 420.2625))


def test_windows_overlap(boards) -> None:
    sensor = GpuSensor(boards, (LostError,))
    outer = sensor.read()
    boards[0].millijoules += 1000
    inner = sensor.read()
    boards[0].millijoules += 2000
    middle = sensor.read()
    boards[1].millijoules += 4000
    end = sensor.read()
    assert sensor.between(outer, middle).energy_j == 3.0
    assert sensor.between(inner, end).energy_j == 6.0


def test_a_reset_makes_the_spans_around_it_absent_and_only_those(boards) -> None:
    sensor = GpuSensor(boards, (LostError,))
    before = sensor.read()
    boards[0].millijoules += 1000
    last = sensor.read()
    boards[0].millijoules = 10
    after = sensor.read()
    boards[0].millijoules += 2000
    end = sensor.read()
    assert sensor.between(before, last).energy_j == 1.0
    lost = sensor.between(before, end)
    assert (lost.method, lost.energy_j) == ("absent", None)
    assert "was reset" in lost.reason
    assert sensor.between(after, end).energy_j == 2.0


def test_a_board_that_is_lost_is_absent_with_its_own_words(boards) -> None:
    sensor = GpuSensor(boards, (LostError,))
    start = sensor.read()
    boards[1].millijoules = None
    lost = sensor.between(start, sensor.read())
    assert (lost.method, lost.reason) == ("absent", "lost while measuring: GPU is lost")


def test_a_window_shorter_than_two_seconds_is_warned_of(boards, clock) -> None:
    meter = Meter([GpuSensor(boards, (LostError,))], clock=clock, cpu_clock=lambda: 0.0)
    for seconds, warnings in ((1.9, 1), (2.0, 0)):
        with meter.window("train") as window:
            clock.sleep(seconds)
        assert len(window.reading.warnings) == warnings


def test_the_device_is_waited_for_before_anything_is_read(boards, clock) -> None:
    """Work that is still queued when a window ends belongs to the window."""
    sensor = GpuSensor(boards, (LostError,))

    def synchronize() -> None:
        boards[0].millijoules += 500

    meter = Meter([sensor], clock=clock, cpu_clock=lambda: 0.0, synchronize=synchronize)
    with meter.window("train") as window:
        clock.sleep(3)
    assert window.reading.energy_j is None  # a GPU is not the machine
    assert window.reading.components[0].energy_j == 0.5
