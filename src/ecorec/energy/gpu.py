"""Energy of the GPUs in use, by their own counter (NVML), through the library zeus.

A counter belongs to a whole board. Only the boards that a run uses are counted; the others
are idle, and not its business.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from ecorec.energy.accumulator import Accumulator
from ecorec.energy.gpu_boards import NoBoardError, are_numbered, board_number, index_of
from ecorec.energy.gpu_processes import count_foreign, own_family
from ecorec.energy.reading import ComponentEnergy, Method, Scope
from ecorec.energy.sensor import AbsentSensor, Sensor, absent_energy

NAME = "nvml"

PERIOD_S = 0.1
"""The slowest that a board updates its counter: windows of two seconds and more are sure."""

RELATIVE_ERROR = 0.05
"""Accuracy of the board's power sensor by its maker."""

INSTALL = "install it with: pip install 'ecorec[gpu]'"


@runtime_checkable
class Board(Protocol):
    """What zeus offers of one GPU, as far as it is used here."""

    def get_total_energy_consumption(self) -> int:
        """Return millijoules since the driver was loaded."""
        ...


class GpuSensor:
    """The sum over the boards in use: it is whole, or absent.

    Args:
        boards: At least one.
        failures: Exceptions by which a board says that it cannot be read.
    """

    name = NAME
    component = "gpu"
    method: Method = "counter"
    scope: Scope = "machine"
    period_s = PERIOD_S

    def __init__(
        self, boards: Sequence[Board], failures: tuple[type[Exception], ...] = (OSError,)
    ) -> None:
        self._boards = tuple(boards)
        self._failures = failures
        self._lock = threading.Lock()
        self._last: list[int] | None = None
        self._counted = Accumulator()
        self._failure = "it could not be read"

    def read(self) -> float | None:
        """Return joules since the first read; `None` if a board could not be read."""
        with self._lock:
            try:
                values = [board.get_total_energy_consumption() for board in self._boards]
            except self._failures as error:
                self._failure = f"lost while measuring: {error}"
                return None
            self._advance(values)
            return self._counted.energy_j

    def between(self, start: float | None, end: float | None) -> ComponentEnergy:
        """Return the joules between two reads; absent if a counter began anew in between."""
        if start is None or end is None:
            return absent_energy(self, self._failure)
        return self._counted.between(self, start, end, RELATIVE_ERROR)

    def _advance(self, values: list[int]) -> None:
        earlier, self._last = self._last, values
        if earlier is None:
            return
        steps = [new - old for new, old in zip(values, earlier, strict=True)]
        if min(steps) < 0:
            self._counted.lose("a GPU's counter began anew: the board or its driver was reset")
        else:
            self._counted.add(sum(steps) * 1000)


def gpu_sensor(device: str) -> Sensor:
    """Return the sensor of the GPU that torch calls `device`, or why there is none.

    Args:
        device: `cuda` or `cuda:1`; numbers count the boards that CUDA_VISIBLE_DEVICES leaves.
    """
    try:
        from zeus.device.exception import ZeusBaseGPUError
    except ImportError:
        reason = f"the library zeus, which reads its counter, is missing: {INSTALL}"
        return AbsentSensor("gpu", reason, name=NAME)
    try:
        board = _board(device)
        board.get_total_energy_consumption()
    except Exception as error:  # of zeus, of NVML, of what they import: a study runs without it
        return AbsentSensor("gpu", f"NVML cannot read {device}: {error}", name=NAME)
    return GpuSensor([board], (ZeusBaseGPUError,))


def _board(device: str) -> Board:
    board: Board
    if are_numbered():
        from zeus.device.gpu import get_gpus

        board = get_gpus().gpus[index_of(device)]
    else:
        # zeus itself takes every visible board's name for a number.
        from zeus.device.gpu.nvidia import NVIDIAGPU

        board = NVIDIAGPU(board_number(device))
    return board


def foreign_processes(device: str) -> Callable[[], int | None]:
    """Return what counts the processes of others on the GPU that torch calls `device`.

    It returns `None` where nothing tells: without NVML, and in containers of which the driver
    numbers the processes otherwise, or does not show them.
    """

    def count() -> int | None:
        try:
            import pynvml
        except ImportError:
            return None
        try:
            pynvml.nvmlInit()
            handle = pynvml.nvmlDeviceGetHandleByIndex(board_number(device))
            running = pynvml.nvmlDeviceGetComputeRunningProcesses(handle)
        except (pynvml.NVMLError, NoBoardError):
            return None
        return count_foreign((process.pid for process in running), own_family())

    return count
