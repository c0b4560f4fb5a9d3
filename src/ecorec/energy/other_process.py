"""Sensors turned to another process, such as a server that runs beside the one that measures."""

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

import psutil

from ecorec.energy.cpu_time import CpuTimeSensor, spent_by
from ecorec.energy.memory_power import MemorySensor
from ecorec.energy.sensor import AbsentSensor, Sensor
from ecorec.errors import EcorecError


class ProcessClock:
    """CPU seconds of another process, all its threads, and its living descendants.

    Resolution: a nanosecond for the process itself on Linux, where its clock can be read by its
    id; a tick of the scheduler (10 ms) elsewhere and for descendants.

    Args:
        pid: Of the process.
    """

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        # clock_getcpuclockid(3): the clock of a process is its id, inverted, above three bits
        # that say which clock; 2 is what the scheduler counts.
        self._clock = (~pid << 3) | 2 if sys.platform == "linux" else None

    def __call__(self) -> float:
        """Return CPU seconds, user and system, since the process began.

        Raises:
            EcorecError: The process has ended.
        """
        try:
            own = self._own()
            return own + sum(spent_by(child) for child in self._process.children(recursive=True))
        except (OSError, psutil.Error):
            message = f"process {self._process.pid}, which is being measured, has ended"
            raise EcorecError(message) from None

    def _own(self) -> float:
        if self._clock is not None:
            reaped = self._process.cpu_times()
            return time.clock_gettime(self._clock) + reaped.children_user + reaped.children_system
        return spent_by(self._process)


def resident_bytes_of(pid: int) -> float | None:
    """Return the resident memory of a process in bytes; `None` if the system does not tell."""
    try:
        return float(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return None


def sensors_of(pid: int, sensors: Sequence[Sensor]) -> tuple[Sensor, ...]:
    """Return the sensors with those of this process turned to another; the machine's stay.

    Args:
        pid: Of the other process.
        sensors: As `find_sensors` returns them.
    """
    if pid == os.getpid():
        return tuple(sensors)
    return tuple(_turned(sensor, pid) for sensor in sensors)


def _turned(sensor: Sensor, pid: int) -> Sensor:
    if isinstance(sensor, CpuTimeSensor):
        return replace(sensor, clock=ProcessClock(pid))
    if isinstance(sensor, MemorySensor):
        return MemorySensor(resident=lambda: resident_bytes_of(pid))
    if sensor.scope == "process" and sensor.method != "absent":
        return AbsentSensor(
            sensor.component, f"`{sensor.name}` reads this process only", scope="process"
        )
    return sensor


def only_process(sensors: Sequence[Sensor]) -> tuple[Sensor, ...]:
    """Return the sensors of a process, without those of the machine."""
    return tuple(sensor for sensor in sensors if sensor.scope == "process")
