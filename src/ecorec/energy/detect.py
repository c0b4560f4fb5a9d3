"""Which sensors this machine has, and why it lacks the others."""

import hashlib
import os
from pathlib import Path

from pydantic import NonNegativeFloat, PositiveFloat, ValidationError

from ecorec.config import Config, first_problem
from ecorec.energy.cpu_time import CpuTimeSensor
from ecorec.energy.gpu import gpu_sensor
from ecorec.energy.gpu_boards import VISIBLE
from ecorec.energy.hardware import Hardware
from ecorec.energy.memory_power import MemorySensor
from ecorec.energy.rapl import rapl_sensors
from ecorec.energy.rapl_tree import POWERCAP
from ecorec.energy.replay import Recording, ReplaySensor
from ecorec.energy.sensor import AbsentSensor, Sensor
from ecorec.energy.wall import WallSettings, wall_sensor
from ecorec.errors import InputError


class SensorSettings(Config):
    """What a study is measured with, beside what is found on the machine."""

    wall: WallSettings | None = None
    """A meter between the machine and the mains."""
    replay: str | None = None
    """File of a recording that stands in for the machine's counters."""
    powercap: str = str(POWERCAP)
    """Where the processor's counters are; another tree than the system's is a simulation."""
    idle_s: NonNegativeFloat = 60.0
    """Longest that the idle machine is measured before and after a study; 0 for not at all."""
    codecarbon_every_s: PositiveFloat | None = None
    """Seconds between CodeCarbon's samples; its own default if not given."""


def sensors_fingerprint(settings: SensorSettings, device: str) -> str:
    """Return a hash of what the sensors of the machine read: which plug, tree, recording, GPU.

    Args:
        settings: Meters and recordings.
        device: Where the run computes.
    """
    read = [settings.model_dump_json(include={"wall", "replay", "powercap"})]
    if device.startswith("cuda"):
        # Which board `cuda` is, is for these to say.
        read += [device, *(os.environ.get(name, "") for name in (VISIBLE, "CUDA_DEVICE_ORDER"))]
    return hashlib.sha256("\n".join(read).encode()).hexdigest()[:12]


def find_sensors(
    hardware: Hardware, settings: SensorSettings | None = None, device: str = "cpu"
) -> tuple[Sensor, ...]:
    """Return every sensor that a run is measured with, the absent ones with their reasons.

    Args:
        hardware: The machine, with the watts that a busy CPU is billed with.
        settings: Meters and recordings; none, if not given.
        device: Where the run computes; a GPU is counted only if it is used.

    Raises:
        InputError: The meter at the wall does not answer, or the recording cannot be read.
    """
    settings = settings or SensorSettings()
    root = Path(settings.powercap)
    sensors: list[Sensor] = [
        CpuTimeSensor(
            watts_per_cpu=hardware.watts_per_cpu,
            method=hardware.watts_method,
            source=hardware.watts_source,
        ),
        MemorySensor(),
    ]
    if root.is_dir():
        sensors += rapl_sensors(root)
    if device.startswith("cuda"):
        sensors.append(gpu_sensor(device))
    if settings.replay is not None:
        sensors.append(ReplaySensor(_recording(Path(settings.replay))))
    if settings.wall is not None:
        sensors.append(wall_sensor(settings.wall))
    elif not any(sensor.scope == "machine" and sensor.component != "gpu" for sensor in sensors):
        where = "virtual machine" if hardware.virtualised else "this kernel offers none"
        reason = f"no powercap tree ({where}): total and idle energy cannot be read"
        sensors.append(AbsentSensor("machine", reason))
    return tuple(sensors)


def _recording(file: Path) -> Recording:
    try:
        return Recording.model_validate_json(file.read_bytes())
    except OSError as error:
        message = f"the recording {file} cannot be read: {error.strerror}"
    except ValidationError as error:
        message = f"{file} is no recording: {first_problem(error)}"
    raise InputError(message, hint="`ecorec doctor --record FILE` makes one")
