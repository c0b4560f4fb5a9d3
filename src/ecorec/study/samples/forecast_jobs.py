"""The forecast of each training of a study, from samples of its work."""

from collections.abc import Sequence
from pathlib import Path

from ecorec.energy.hardware import Hardware, describe_machine
from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading
from ecorec.energy.sampling import sampled_window
from ecorec.planning.calibration import Calibration
from ecorec.planning.errors_of_forecasts import USUAL, ForecastError
from ecorec.planning.forecast import Part, forecast_run
from ecorec.study.describe import cost_of_run
from ecorec.study.forecast import JobForecast
from ecorec.study.plan import Job
from ecorec.study.run_settings import RunSettings
from ecorec.study.samples.ground import Ground
from ecorec.study.samples.sample import Sample, mean_parts
from ecorec.study.samples.take import take_sample

SAMPLE_S = 0.75
"""CPU seconds of training steps in the samples of a configuration."""

ROUNDS = 3
"""Moments at which a configuration is sampled.

Neighbours on the machine make the same work take 20 % more or less CPU time for seconds on end, so
samples at several moments come closer to the mean of a run.
"""

LONG_SAMPLE_S = 2.0
"""A sample of so many CPU seconds is not repeated, because it covers several moments itself."""

ALL_SAMPLES_S = 45.0
"""After so many CPU seconds of samples, similar configurations are forecast by formula."""

RECORD_BYTES = 12_000
"""Size of a run's record without its epochs."""

EPOCH_BYTES = 160
"""Size of an epoch in a record."""

PER_USER_BYTES = 12
"""Size of a user with test items in `per_user.parquet`, compressed, at two cut-offs."""


def forecast_jobs(
    jobs: list[Job],
    meter: Meter,
    rates: tuple[Calibration, ...],
    *,
    hardware: Hardware | None = None,
    data_path: Path | None = None,
    seconds: float = SAMPLE_S,
    error: ForecastError = USUAL,
) -> tuple[list[JobForecast], Reading]:
    """Return the forecast of each job, in the same order, and what forecasting took.

    Every configuration is sampled once, whatever its seeds, repeats and epochs; at several
    moments, unless its samples are long or `seconds` are few. Kernels must have been compiled.

    Args:
        jobs: Jobs to be run on the CPU of this machine.
        meter: Over the sensors that the runs will be measured with.
        rates: Of the machine, under the threads of the jobs.
        hardware: The machine, if it has been described.
        data_path: Where catalogue data sets are looked for.
        seconds: CPU seconds of training steps in a sample.
        error: How far such forecasts are off.
    """
    hardware = hardware or describe_machine()
    by_data: dict[str, list[int]] = {}
    for at, job in enumerate(jobs):
        by_data.setdefault(_data_key(job), []).append(at)
    found: dict[int, JobForecast] = {}
    began_s = meter.now().cpu_s
    rounds = ROUNDS if seconds >= SAMPLE_S else 1
    with sampled_window(meter, "forecast") as window:
        for positions in by_data.values():
            first = jobs[positions[0]]
            ground = Ground.prepare(first.longest, first.measurement, data_path, meter)
            samples: dict[str, list[Sample]] = {}
            of_model: dict[str, list[Sample]] = {}
            again: dict[str, Job] = {}
            for at in positions:
                job = jobs[at]
                key, like = _sample_key(job), _like_key(job)
                if key in samples:
                    continue
                sample_began_s = meter.now().cpu_s
                if sample_began_s - began_s > ALL_SAMPLES_S and like in of_model:
                    samples[key] = of_model[like]
                    continue
                used = _rates_of(job, rates, hardware)
                samples[key] = [take_sample(job, ground, meter, used, _each(job, seconds, rounds))]
                of_model[like] = samples[key]
                if meter.now().cpu_s - sample_began_s < LONG_SAMPLE_S:
                    again[key] = job
            for _ in range(1, rounds):
                for key, job in again.items():
                    if meter.now().cpu_s - began_s < ALL_SAMPLES_S:
                        used = _rates_of(job, rates, hardware)
                        each = _each(job, seconds, rounds)
                        samples[key].append(take_sample(job, ground, meter, used, each))
            for at in positions:
                used = _rates_of(jobs[at], rates, hardware)
                found[at] = _of_job(jobs[at], samples[_sample_key(jobs[at])], used, error)
    return [found[at] for at in range(len(jobs))], window.reading


def _each(job: Job, seconds: float, rounds: int) -> float:
    """Return CPU seconds of one sample; a fit is always sampled whole."""
    return seconds if job.longest.training is None else seconds / rounds


def _of_job(
    job: Job, samples: Sequence[Sample], rates: Calibration, error: ForecastError
) -> JobForecast:
    ground = samples[0].ground
    longest = job.longest
    cost = cost_of_run(longest, ground.split.train)
    parts = mean_parts(samples, longest, cost, rates)
    shorter = len(job.runs) - 1
    tests = [part for part in parts if part.phase in ("test", "checkpoint")]
    beside = tuple(Part("shorter run", part.sample, part.times * shorter, part.reach)
                   for part in tests) if shorter else ()  # fmt: skip
    element = 8 if longest.dtype == "float64" else 4
    metrics = max(1, len(longest.topk)) / 2
    of_users = PER_USER_BYTES * ground.n_test_users * metrics
    disk = sum(
        RECORD_BYTES + EPOCH_BYTES * (run.training.epochs if run.training else 0) + of_users
        + cost.n_parameters * element
        for run in job.runs
    )  # fmt: skip
    return JobForecast(job, forecast_run(parts, error), beside, disk)


def _data_key(job: Job) -> str:
    """Return a key that is equal for jobs that can be sampled on the same ground."""
    run = job.longest
    reduced = run.reduction.model_dump_json() if run.reduction else ""
    parts = (run.dataset, run.data.model_dump_json(), run.split.model_dump_json(), reduced)
    conditions = job.measurement.model_copy(update={"repeat": 1, "threads": 1})
    return "|".join(map(str, (*parts, run.split_seed, run.dtype, conditions.model_dump_json())))


def _apart(run: RunSettings, names: tuple[str, ...]) -> str:
    training = run.training and run.training.model_copy(update={"epochs": 1})
    return run.model_copy(
        update={
            "training": training,
            "seed": None,
            "model_settings": {k: v for k, v in run.model_settings.items() if k not in names},
        }
    ).model_dump_json()


def _sample_key(job: Job) -> str:
    """Return a key that is equal for jobs on the same ground whose epochs take the same."""
    return f"{_apart(job.longest, ())}|{job.measurement.threads}"


def _like_key(job: Job) -> str:
    """Return a key, equal for jobs on the same ground whose epochs differ as the formula says."""
    names = ("embedding_size", "n_layers")
    return f"{_apart(job.longest, names)}|{job.measurement.threads}"


def _rates_of(job: Job, rates: tuple[Calibration, ...], hardware: Hardware) -> Calibration:
    here = [r for r in rates if r.hardware.machine_id == hardware.machine_id]
    fitting = [r for r in here if r.threads == job.measurement.threads]
    return (fitting or here or [*rates])[-1]
