"""What this machine is, as far as it bears on energy, and the watts a busy CPU is billed with."""

import csv
import hashlib
import os
import platform
import uuid
from importlib import metadata
from pathlib import Path
from typing import Literal

import psutil

from ecorec.config import Config
from ecorec.errors import InputError

Watts = tuple[float, float, float]
"""Low, central and high watts of one busy logical CPU."""

ASSUMED_WATTS: Watts = (3.0, 6.0, 9.0)
"""For a processor that is not recognised, such as a virtual machine's.

Rated power over hardware threads is 1.5 to 3 W for many-core server parts (AMD EPYC 9654: 360 W,
192 threads) and 4 to 8 W for small server, desktop and laptop parts. One busy thread of a lightly
loaded package draws more than that share, because the rest of the package is awake for it too.
3 to 9 W covers both; 6 W is its middle, not a measurement.
"""

RATED_RANGE = (0.5, 1.0, 1.5)
"""Low, central and high multiples of rated power over hardware threads, where it is known.

Sustained package power lies at or below the rating under full load; a single busy thread draws
more than its share of it (boost, shared caches and memory controllers).
"""


class Hardware(Config):
    """The machine of a run; the fields are those of a record."""

    machine_id: str
    boot_id: str
    cpu: str
    n_cpus: int
    memory_bytes: int
    gpus: tuple[str, ...]
    virtualised: bool | None
    os: str
    watts_per_cpu: Watts
    watts_source: str
    watts_method: Literal["modelled", "assumed"]


def describe_machine(watts_per_cpu: Watts | None = None) -> Hardware:
    """Return what is known of this machine.

    Args:
        watts_per_cpu: Low, central and high watts from the user; rated power of a recognised
            processor, or a stated assumption, if not given.
    """
    cpu = cpu_name()
    watts, source, method = _watts(cpu, watts_per_cpu)
    return Hardware(
        machine_id=_machine_id(),
        boot_id=_boot_id(),
        cpu=cpu,
        n_cpus=os.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
        gpus=_gpus(),
        virtualised=_virtualised(),
        os=f"{platform.system()} {platform.release()}",
        watts_per_cpu=watts,
        watts_source=source,
        watts_method=method,
    )


def parse_watts(text: str) -> Watts:
    """Read `6` or `3,6,9`.

    Raises:
        InputError: Not one or three ascending positive numbers.
    """
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) == 1:
        values *= 3
    if len(values) != 3 or not 0 < values[0] <= values[1] <= values[2]:
        message = f"--watts-per-cpu `{text}` is not one number or three ascending ones"
        raise InputError(message, hint="watts of one busy CPU, e.g. --watts-per-cpu 3,6,9")
    return values[0], values[1], values[2]


def cpu_name() -> str:
    """Return the processor's name as the system reports it."""
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("model name"):
                return " ".join(line.split(":", 1)[1].split())
    return platform.processor() or "unknown processor"


def _watts(cpu: str, told: Watts | None) -> tuple[Watts, str, Literal["modelled", "assumed"]]:
    if told is not None:
        return told, "--watts-per-cpu", "assumed"
    rated_w = rated_power(cpu)
    if rated_w is None:
        return ASSUMED_WATTS, f"processor name `{cpu}` matches no rated part", "assumed"
    threads = os.cpu_count() or 1
    low, central, high = (rated_w / threads * factor for factor in RATED_RANGE)
    version = metadata.version("codecarbon")
    source = f"rated {rated_w:g} W / {threads} threads, ± 50 % (table of codecarbon {version})"
    return (low, central, high), source, "modelled"


def rated_power(cpu: str) -> float | None:
    """Return the rated power in watts of a processor whose full name is in the table, else None.

    Only an exact name counts: a family's average would be somebody else's number.
    """
    files = metadata.files("codecarbon") or []
    table = next((file for file in files if file.name == "cpu_power.csv"), None)
    if table is None:
        return None
    wanted = _plain_name(cpu)
    with Path(str(table.locate())).open(newline="") as rows:
        for row in csv.DictReader(rows):
            if _plain_name(row["Name"]) == wanted:
                return float(row["TDP"])
    return None


def _plain_name(cpu: str) -> str:
    name = cpu.split("@")[0].replace("(R)", "").replace("(TM)", "").replace("CPU", "")
    words = [word for word in name.split() if not word.endswith("-Core") and word != "Processor"]
    return " ".join(words).lower()


def _machine_id() -> str:
    # Hashed, so that a shared record does not tell whose machine it was.
    for path in (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id")):
        if path.exists() and path.read_text().strip():
            return hashlib.sha256(b"ecorec" + path.read_bytes().strip()).hexdigest()[:12]
    return hashlib.sha256(f"ecorec{uuid.getnode()}{platform.node()}".encode()).hexdigest()[:12]


def _boot_id() -> str:
    path = Path("/proc/sys/kernel/random/boot_id")
    raw = path.read_text().strip() if path.exists() else f"{psutil.boot_time():.0f}"
    return hashlib.sha256(raw.encode()).hexdigest()[:12]


def _gpus() -> tuple[str, ...]:
    folder = Path("/proc/driver/nvidia/gpus")
    names = []
    for info in sorted(folder.glob("*/information")) if folder.exists() else []:
        model = next((line for line in info.read_text().splitlines() if "Model" in line), "")
        names.append(model.split(":", 1)[-1].strip() or "NVIDIA GPU")
    return tuple(names)


def _virtualised() -> bool | None:
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return None
    flags = next((line for line in path.read_text().splitlines() if line.startswith("flags")), "")
    return "hypervisor" in flags.split()
