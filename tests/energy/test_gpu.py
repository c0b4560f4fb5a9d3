"""The sum over GPUs with boards whose millijoules are written by hand."""

import os
import sys
from types import ModuleType, SimpleNamespace

import pytest

from ecorec.energy.gpu import GpuSensor, foreign_processes, gpu_sensor
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


UUIDS = ("GPU-8f3a1111-2222", "GPU-8f3b1111-2222", "GPU-c0de0000-0000", "GPU-feed0000-0000")


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch):
    """NVML and zeus on a machine of four boards: board n has drawn n J, and n strangers."""
    nvml = ModuleType("pynvml")
    nvml.NVMLError = LostError
    nvml.nvmlInit = lambda: None
    nvml.nvmlDeviceGetCount = lambda: len(UUIDS)
    nvml.nvmlDeviceGetHandleByIndex = lambda number: number
    nvml.nvmlDeviceGetUUID = UUIDS.__getitem__
    nvml.nvmlDeviceGetComputeRunningProcesses = lambda number: [
        SimpleNamespace(pid=pid) for pid in (os.getpid(), *range(2**30, 2**30 + number))
    ]

    def get_gpus() -> SimpleNamespace:
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        numbers = range(4) if visible is None else [int(word) for word in visible.split(",")]
        return SimpleNamespace(gpus=[Board(1000 * number) for number in numbers])

    zeus = {
        "zeus": {},
        "zeus.device": {},
        "zeus.device.exception": {"ZeusBaseGPUError": LostError},
        "zeus.device.gpu": {"get_gpus": get_gpus},
        "zeus.device.gpu.nvidia": {"NVIDIAGPU": lambda number: Board(1000 * number)},
    }
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    for name, found in zeus.items():
        module = ModuleType(name)
        module.__dict__.update(found)
        monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.parametrize(
    ("visible", "device", "board"),
    [
        (None, "cuda:1", 1),
        ("3,2", "cuda", 3),
        ("3, 2", "cuda:1", 2),
        (f"{UUIDS[3]},{UUIDS[2]}", "cuda:1", 2),
        ("GPU-c0de, 3", "cuda", 2),  # CUDA takes the beginning of a UUID
        ("GPU-c0de, 3", "cuda:1", 3),
    ],
)
def test_a_board_is_the_one_that_cuda_counts(driver, monkeypatch, visible, device, board) -> None:
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    sensor = gpu_sensor(device)
    assert sensor.method == "counter"
    assert sensor._boards[0].millijoules == 1000 * board
    assert foreign_processes(device)() == board


@pytest.mark.parametrize(
    ("visible", "device", "why"),
    [
        ("MIG-8f3a1111", "cuda", "MIG-8f3a1111 is a slice of a board"),
        ("GPU-8f3", "cuda", "CUDA_VISIBLE_DEVICES names GPU-8f3, and the driver has GPU-8f3a"),
        ("GPU-0000", "cuda", "names GPU-0000, and the driver has"),
        ("2,-1,1", "cuda:2", "CUDA_VISIBLE_DEVICES=2,-1,1 leaves no cuda:2"),
        ("GPU-feed", "cuda:1", "CUDA_VISIBLE_DEVICES=GPU-feed leaves no cuda:1"),
        ("", "cuda", "CUDA_VISIBLE_DEVICES= leaves no cuda"),
    ],
)
def test_a_board_that_is_not_known_is_absent_and_no_other(
    driver, monkeypatch, visible, device, why
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    sensor = gpu_sensor(device)
    assert sensor.method == "absent"
    assert sensor.between(None, None).reason.startswith(f"NVML cannot read {device}: ")
    assert why in sensor.between(None, None).reason
    assert foreign_processes(device)() is None


def test_whatever_a_library_raises_is_a_reason_and_no_end_of_a_study(driver) -> None:
    def unofficial() -> None:
        message = "Unofficial pynvml package detected!"
        raise ImportError(message)

    sys.modules["zeus.device.gpu"].get_gpus = unofficial
    found = gpu_sensor("cuda").between(None, None)
    assert found.reason == "NVML cannot read cuda: Unofficial pynvml package detected!"
