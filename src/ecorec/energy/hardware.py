"""What this machine is, as far as it bears on energy, and the watts a busy CPU is billed with."""

import hashlib
import os
import platform
import uuid
from pathlib import Path
from typing import Literal

import psutil

from ecorec.config import Config
from ecorec.energy.codecarbon_data import codecarbon_version
from ecorec.energy.processor import Processor, cpu_name, cpuinfo, describe_processor
from ecorec.energy.rated_power import rated_power

Watts = tuple[float, float, float]
"""Low, central and high watts of one busy logical CPU."""

ASSUMED_WATTS: Watts = (3.0, 6.0, 9.0)
"""For a processor that is not recognised, such as a virtual machine's.

Rated power over hardware threads is 1.5 to 3 W for many-core server parts (AMD EPYC 9654: 360 W,
192 threads) and 4 to 8 W for small server, desktop and laptop parts. One busy thread of a lightly
loaded package draws more than that share, because the rest of the package is awake for it too.
3 to 9 W covers both; 6 W is its middle, not a measurement.
"""

RATED_RANGE = (0.5, 1.0, 2.0)
"""Low, central and high multiples of rated power over hardware threads, where it is known.

Central: all threads busy at the rated power. High: the same power with one thread of each core
busy, which is how most numeric libraries run on cores of two threads. Low: code that waits for
memory, as sparse products do, keeps a package at about half its rating. A single boosted thread
on an otherwise sleeping desktop package may exceed the range.
"""

PLAUSIBLE_WATTS = (0.25, 40.0)
"""Rated watts per hardware thread outside of this mean that one of the two was misread."""

_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_NVIDIA = Path("/proc/driver/nvidia/gpus")


class Hardware(Config):
    """The machine of a run; the fields are those of a record."""

    machine_id: str
    """Hash that stays the same as long as the machine does; never its name or address."""
    boot_id: str
    """Hash that changes at every boot."""
    cpu: str
    """Processor name as the system reports it."""
    n_cpus: int
    """Logical CPUs."""
    memory_bytes: int
    gpus: tuple[str, ...]
    virtualised: bool | None
    """`None` where it could not be found out."""
    os: str
    watts_per_cpu: Watts
    """Low, central and high watts that a busy logical CPU is billed with."""
    watts_source: str
    """Where those watts come from, in words."""
    watts_method: Literal["modelled", "assumed"]
    rated_power_w: float | None = None
    """Of one package, by the table of codecarbon; `None` for a processor it does not know."""
    processor: Processor = Processor()

    @property
    def in_words(self) -> str:
        """E.g. `2 CPUs AMD EPYC (virtual machine)`."""
        return f"{self.n_cpus} CPUs {self.cpu}{' (virtual machine)' if self.virtualised else ''}"


def describe_machine(watts_per_cpu: Watts | None = None) -> Hardware:
    """Return what is known of this machine.

    Args:
        watts_per_cpu: Low, central and high watts from the user; rated power of a recognised
            processor, or a stated assumption, if not given.
    """
    cpu, n_cpus = cpu_name(), os.cpu_count() or 1
    virtualised = _virtualised()
    if watts_per_cpu is None:
        watts, source, method = watts_of(cpu, n_cpus, _sockets(), virtualised)
    else:
        watts, source, method = watts_per_cpu, "--watts-per-cpu", "assumed"
    return Hardware(
        machine_id=_machine_id(),
        boot_id=_boot_id(),
        cpu=cpu,
        n_cpus=n_cpus,
        memory_bytes=psutil.virtual_memory().total,
        gpus=_gpus(),
        virtualised=virtualised,
        os=f"{platform.system()} {platform.release()}",
        watts_per_cpu=watts,
        watts_source=source,
        watts_method=method,
        rated_power_w=rated_power(cpu),
        processor=describe_processor(),
    )


def watts_of(
    cpu: str, n_cpus: int, sockets: int, virtualised: bool | None
) -> tuple[Watts, str, Literal["modelled", "assumed"]]:
    """Return the watts of a busy logical CPU, where they come from, and the method.

    Args:
        cpu: Processor name as the system reports it.
        n_cpus: Logical CPUs of all sockets together.
        sockets: Packages, each of the rated power.
        virtualised: A virtual machine sees a few threads of a package and not how many
            others share it, so its rated power cannot be divided.
    """
    rated_w = rated_power(cpu)
    if rated_w is None:
        return ASSUMED_WATTS, f"processor name `{cpu}` matches no rated part", "assumed"
    rating = f"`{cpu}` is rated {rated_w:g} W"
    if virtualised:
        unknown = f"{rating}, but a virtual machine does not tell how many threads share it"
        return ASSUMED_WATTS, unknown, "assumed"
    share_w = rated_w * sockets / n_cpus
    if not PLAUSIBLE_WATTS[0] <= share_w <= PLAUSIBLE_WATTS[1]:
        odd = f"{rating}, which cannot be shared by the {n_cpus} threads seen here"
        return ASSUMED_WATTS, odd, "assumed"
    low, central, high = (share_w * factor for factor in RATED_RANGE)
    packages = f"{sockets} x {rated_w:g} W" if sockets > 1 else f"{rated_w:g} W"
    table = f"table of codecarbon {codecarbon_version()}"
    source = f"rated {packages} over {n_cpus} threads ({table}), within a factor of two"
    return (low, central, high), source, "modelled"


def _sockets() -> int:
    return len(set(cpuinfo("physical id"))) or 1


def _virtualised() -> bool | None:
    # Only x86 has a flag for it.
    flags = cpuinfo("flags")
    return "hypervisor" in flags[0].split() if flags else None


def _machine_id() -> str:
    # Hashed, so that a shared record does not tell whose machine it was.
    for path in _MACHINE_IDS:
        if path.exists() and (raw := path.read_text().strip()):
            return _hashed(f"ecorec{raw}")
    address = uuid.getnode()
    # A set multicast bit marks an address that was made up, anew in every process.
    made_up = bool(address >> 40 & 1)
    return _hashed(f"ecorec{'' if made_up else address}{platform.node()}")


def _boot_id() -> str:
    return _hashed(
        _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else f"{psutil.boot_time():.0f}"
    )


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _gpus() -> tuple[str, ...]:
    """Return the names of NVIDIA's GPUs as its driver lists them, without starting the GPU."""
    names = []
    for information in sorted(_NVIDIA.glob("*/information")):
        lines = (line.partition(":") for line in information.read_text().splitlines())
        names += [value.strip() for key, _, value in lines if key.strip() == "Model"]
    return tuple(names)
