"""The forecast of a study that was not started yet, for `ecorec forecast`."""

from pathlib import Path

from ecorec.energy import waiting
from ecorec.energy.arithmetic import add_readings
from ecorec.energy.detect import find_sensors
from ecorec.energy.emissions import intensity
from ecorec.energy.hardware import describe_machine
from ecorec.energy.meter import Meter
from ecorec.planning.errors_of_forecasts import USUAL, ForecastError
from ecorec.study.allocator import keep_freed_memory
from ecorec.study.checks import check_data, what_is_left
from ecorec.study.cpus import default_threads
from ecorec.study.folder import StudyFolder
from ecorec.study.forecast import StudyForecast, check_forecast
from ecorec.study.halving import check_halving
from ecorec.study.machine import check_device, use_threads
from ecorec.study.plan import plan
from ecorec.study.samples.forecast_jobs import SAMPLE_S, forecast_jobs
from ecorec.study.settings import StudySettings
from ecorec.study.warm import warm


def forecast_study(
    settings: StudySettings,
    out: Path,
    *,
    data_path: Path | None = None,
    seconds: float = SAMPLE_S,
    error: ForecastError = USUAL,
) -> StudyForecast:
    """Return what a study would take if it were started now; nothing is written.

    Args:
        settings: The study.
        out: Its folder, which need not exist; what is finished there is not forecast.
        data_path: Where catalogue data sets are looked for.
        seconds: CPU seconds of training steps in a sample.
        error: How far forecasts are off.

    Raises:
        NoForecastError: It is not for the CPU.
        EcorecError: The study could not be started as it is.
    """
    waiting.wait_passively()
    keep_freed_memory()
    hardware = describe_machine(settings.watts_per_cpu)
    jobs = plan(settings, settings.threads or default_threads())
    check_halving(settings, jobs)
    check_forecast(jobs)
    for conditions in dict.fromkeys(job.measurement for job in jobs):
        check_device(conditions.device)
        use_threads(conditions.threads)
    intensity(settings.grid)
    checked = check_data(jobs, data_path, names_cutoffs=settings.names_cutoffs)
    jobs = checked.jobs
    folder = StudyFolder(out) if (out / "study.json").is_file() else None
    missing = jobs
    if folder is not None:
        left = [what_is_left(job, settings, folder, checked.fingerprints) for job in jobs]
        missing = [job for job in left if job is not None]
    meter = Meter(find_sensors(hardware, settings.sensors, settings.device))
    info = folder.info() if folder else None
    warmup, rates = warm(missing, meter, hardware, info.calibrations if info else ())
    found, reading = forecast_jobs(
        missing, meter, rates,
        hardware=hardware, data_path=data_path, seconds=seconds, error=error,
    )  # fmt: skip
    n_done = len(jobs) - len(missing)
    return StudyForecast(
        tuple(found),
        n_done,
        add_readings("sampling", [warmup, reading]),
        settings.cooldown_s,
        settings.halving is not None,
        warmup,
    )
