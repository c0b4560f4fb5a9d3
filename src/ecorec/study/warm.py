"""The warm-up before runs: compiled kernels, finished imports, the machine's rates."""

from ecorec.energy.hardware import Hardware
from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading
from ecorec.planning.calibration import Calibration
from ecorec.study.machine import warm_up
from ecorec.study.machine_rates import rates_for
from ecorec.study.plan import Job

WARMUP = "warmup"
"""Name of its reading."""


def warm(
    jobs: list[Job], meter: Meter, hardware: Hardware, known: tuple[Calibration, ...]
) -> tuple[Reading, tuple[Calibration, ...]]:
    """Compile what the jobs need and rate the machine; return what that took, and the rates."""
    with meter.window(WARMUP) as window:
        warm_up(jobs)
        rates = rates_for(jobs, hardware, known)
    return window.reading, rates
