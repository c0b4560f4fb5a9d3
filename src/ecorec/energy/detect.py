"""Which sensors this machine has, and why it lacks the others."""

from pathlib import Path

from ecorec.energy.cpu_time import CpuTimeSensor
from ecorec.energy.hardware import Hardware
from ecorec.energy.rapl import POWERCAP, rapl_sensors
from ecorec.energy.sensor import AbsentSensor, Sensor
from ecorec.energy.wall import WallSettings, wall_sensor


def find_sensors(
    hardware: Hardware, root: Path = POWERCAP, wall: WallSettings | None = None
) -> tuple[Sensor, ...]:
    """Return every sensor that a run is measured with, the absent ones with their reasons.

    Args:
        hardware: The machine, with the watts that a busy CPU is billed with.
        root: The powercap tree.
        wall: How a meter at the wall is asked, where there is one.

    Raises:
        InputError: The meter at the wall does not answer.
    """
    sensors: list[Sensor] = [
        CpuTimeSensor(
            watts_per_cpu=hardware.watts_per_cpu,
            method=hardware.watts_method,
            source=hardware.watts_source,
        )
    ]
    if root.is_dir():
        sensors += rapl_sensors(root)
    if wall is not None:
        sensors.append(wall_sensor(wall))
    elif not root.is_dir():
        where = "virtual machine" if hardware.virtualised else "this kernel offers none"
        reason = f"no powercap tree ({where}): total and idle energy cannot be read"
        sensors.append(AbsentSensor("machine", reason))
    return tuple(sensors)
