"""What the kernel tells of a processor: cores, caches, governor."""

import platform
from pathlib import Path

from pydantic import Field, NonNegativeInt

from ecorec.config import Config

_CPUINFO = Path("/proc/cpuinfo")
_CPU = Path("/sys/devices/system/cpu/cpu0")
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}


class Processor(Config):
    """A processor as far as it bears on speed and energy; `None` is what is not told."""

    cores: NonNegativeInt | None = None
    """Physical cores of all packages; a virtual machine may count its threads as cores."""
    packages: NonNegativeInt | None = None
    caches: dict[str, NonNegativeInt] = Field(default_factory=dict)
    """Level and kind -> bytes of one instance, e.g. `L2` or `L1d`."""
    governor: str | None = None
    """What chooses the clock rate, e.g. `powersave`."""
    max_mhz: float | None = None
    """Highest clock rate that the kernel knows of."""


def describe_processor() -> Processor:
    """Return what is known of the processor."""
    cores = set(zip(cpuinfo("physical id"), cpuinfo("core id"), strict=False))
    return Processor(
        cores=len(cores) or None,
        packages=len(set(cpuinfo("physical id"))) or None,
        caches=_caches(),
        governor=_text(_CPU / "cpufreq" / "scaling_governor"),
        max_mhz=_mhz(_text(_CPU / "cpufreq" / "cpuinfo_max_freq")),
    )


def cpu_name() -> str:
    """Return the processor's name as the system reports it."""
    named = cpuinfo("model name")
    return named[0] if named else platform.processor() or f"unknown {platform.machine()}"


def cpuinfo(key: str) -> list[str]:
    """Return what Linux says under a key, one entry per logical CPU."""
    if not _CPUINFO.exists():
        return []
    pairs = (line.partition(":") for line in _CPUINFO.read_text().splitlines())
    return [" ".join(value.split()) for name, _, value in pairs if name.strip() == key]


def _caches() -> dict[str, int]:
    found: dict[str, int] = {}
    for folder in sorted(_CPU.glob("cache/index*")):
        level, kind, size = (_text(folder / name) for name in ("level", "type", "size"))
        if level and kind and size and size[:-1].isdigit() and size[-1] in _UNITS:
            letter = {"Data": "d", "Instruction": "i"}.get(kind, "")
            found[f"L{level}{letter}"] = int(size[:-1]) * _UNITS[size[-1]]
    return found


def _text(file: Path) -> str | None:
    try:
        return file.read_text().strip() or None
    except OSError:
        return None


def _mhz(kilohertz: str | None) -> float | None:
    return int(kilohertz) / 1000 if kilohertz and kilohertz.isdigit() else None
