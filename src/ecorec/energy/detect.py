"""Which sensors this machine has, and why it lacks the others."""

from pathlib import Path

from ecorec.energy.cpu_time import CpuTimeSensor
from ecorec.energy.hardware import Hardware
from ecorec.energy.sensor import AbsentSensor, Sensor

POWERCAP = Path("/sys/class/powercap")


def find_sensors(hardware: Hardware) -> tuple[Sensor, ...]:
    """Return every sensor that a run is measured with, the absent ones with their reasons."""
    modelled = CpuTimeSensor(
        watts_per_cpu=hardware.watts_per_cpu,
        method=hardware.watts_method,
        source=hardware.watts_source,
    )
    return modelled, AbsentSensor("machine", _no_counter(hardware))


def _no_counter(hardware: Hardware) -> str:
    if not POWERCAP.is_dir():
        where = "virtual machine" if hardware.virtualised else "this kernel offers none"
        return f"no powercap tree ({where}): total and idle energy cannot be read"
    return "this version does not read hardware counters: total and idle energy are left out"
