"""The machine's rates with the number of threads of each run, for their share of the roof."""

from collections.abc import Iterable

from ecorec.energy.hardware import Hardware
from ecorec.planning.calibration import Calibration, calibrate
from ecorec.planning.calibration_cache import CalibrationCache
from ecorec.study.machine import use_threads, versions
from ecorec.study.plan import Job


def rates_for(
    jobs: Iterable[Job],
    hardware: Hardware,
    known: tuple[Calibration, ...],
    cache: CalibrationCache | None = None,
) -> tuple[Calibration, ...]:
    """Return the known calibrations, and new ones for numbers of threads that lack a good one.

    Args:
        jobs: Jobs to be run; those on another device than the CPU need no rates.
        hardware: The machine.
        known: Calibrations from earlier sessions of the study.
        cache: Where earlier calibrations are; the user's, if not given.
    """
    cache = cache or CalibrationCache()
    here = {
        item.threads
        for item in known
        if (item.hardware.machine_id, item.hardware.boot_id)
        == (hardware.machine_id, hardware.boot_id)
        and not item.contaminated
    }
    wanted = {job.measurement.threads for job in jobs if job.measurement.device == "cpu"}
    used, found = versions(), [*known]
    for threads in sorted(wanted - here):
        rates = cache.find(hardware, threads, used)
        if rates is None:
            use_threads(threads)
            rates = calibrate(threads, used)
            cache.keep(rates)
        found.append(rates)
    return tuple(found)
