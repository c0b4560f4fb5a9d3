"""A study from its settings to its records: plan, check, warm up, run what is missing."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ecorec.data.dataset import Dataset
from ecorec.data.load import load_dataset
from ecorec.data.reduction import check_reduction
from ecorec.energy import waiting
from ecorec.energy.countries import resolve_country
from ecorec.energy.emissions import intensity
from ecorec.energy.hardware import Hardware, describe_machine
from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading
from ecorec.errors import InputError
from ecorec.evaluation.metrics import MetricAtK
from ecorec.planning.budget import parse_budget
from ecorec.planning.calibration import Calibration
from ecorec.planning.purse import Purse
from ecorec.study import processes
from ecorec.study.allocator import keep_freed_memory
from ecorec.study.context import Context
from ecorec.study.idle_machine import IdleMachine
from ecorec.study.listener import Listener, Silent
from ecorec.study.machine import check_device, use_threads, warm_up
from ecorec.study.machine_rates import rates_for
from ecorec.study.plan import Job, plan
from ecorec.study.prepare import build_split
from ecorec.study.record import RunRecord
from ecorec.study.session import Session
from ecorec.study.settings import RunSettings, StudySettings
from ecorec.study.store import StoredStudy, StudyFolder, StudyInfo, read_study
from ecorec.study.tuning.chosen import Tunings
from ecorec.study.tuning.record import TuningSummary
from ecorec.training.ranks import ALONE, Ranks


@dataclass
class Checked:
    """The data of every run, read once before anything is written."""

    fingerprints: dict[str, str] = field(default_factory=dict)
    datasets: list[Dataset] = field(default_factory=list)


def run_study(
    settings: StudySettings,
    out: Path,
    *,
    data_path: Path | None = None,
    listener: Listener | None = None,
    ranks: Ranks = ALONE,
) -> StoredStudy:
    """Run what a study lacks and return all of it.

    A run that the folder has already is not run again, on whatever machine it was run;
    more sizes, seeds or models extend the folder.

    Args:
        settings: The study.
        out: Its folder, new or begun earlier.
        data_path: Where catalogue data sets are looked for.
        listener: Told how it goes.
        ranks: Processes that share every model's columns; this is the first of them.

    Raises:
        EcorecError: Before anything is written, for whatever can be checked by then.
    """
    listener = listener or Silent()
    waits = waiting.wait_passively()
    keep_freed_memory()
    hardware = describe_machine(settings.watts_per_cpu)
    threads = settings.threads or processes.cpus_of_a_process(hardware.n_cpus)
    jobs = processes.divided(plan(settings, threads), settings, ranks)
    for conditions in dict.fromkeys(job.measurement for job in jobs):
        check_device(conditions.device)
        use_threads(conditions.threads)
    grid = intensity(settings.grid)
    budget = parse_budget(settings.budget, grid, settings.grid.pue) if settings.budget else None
    checked = check_data(jobs, data_path)
    folder = StudyFolder(out)
    with folder.locked():
        context = Context(
            folder=folder,
            hardware=hardware,
            sensors=settings.sensors,
            fingerprints=checked.fingerprints,
            data_path=data_path,
            country=resolve_country(settings.grid.country) if settings.grid.country else None,
            checkpoint_every=settings.checkpoint_every,
            on_epoch=listener.epoch_done,
            purse=Purse(budget) if budget else None,
            ranks=ranks,
        )
        missing = [job for job in jobs if not is_done(job, settings, folder, checked.fingerprints)]
        info = _info(settings, folder, hardware, waits)
        folder.write_info(info)
        listener.planned(hardware, checked.datasets, jobs, len(jobs) - len(missing))
        if missing:
            sensors = context.test_counters(settings.device)
            idle = IdleMachine(sensors, hardware, settings.sensors.idle_s, listener.measuring_idle)
            before = idle.before()
            warmup, rates = warm(missing, Meter(sensors), hardware, info.calibrations)
            warmup = processes.warm_others(ranks, missing, warmup, hardware)
            more = {
                "warmups": (*info.warmups, warmup),
                "idle": (*info.idle, before),
                "calibrations": rates,
            }
            info = info.model_copy(update=more)
            folder.write_info(info)
            session = Session(context, settings, listener)
            if budget:
                forecasts, reading = session.look_ahead(missing, Meter(sensors), rates, data_path)
                info = info.model_copy(update={"warmups": (*info.warmups, reading)})
                folder.write_info(info)
                info = session.run_within(forecasts, jobs, info)
                folder.write_info(info)
            else:
                session.run(missing)
            after = idle.after(before)
            if after is not None:
                info = info.model_copy(update={"idle": (*info.idle, after)})
                folder.write_info(info)
    return read_study(out)


def check_data(jobs: list[Job], data_path: Path | None) -> Checked:
    """Read and split every data set once, so that what is wrong is said before the first run."""
    checked = Checked()
    known: dict[str, str] = {}
    by_key: dict[str, Dataset] = {}
    for job in jobs:
        for run in job.runs:
            key = f"{run.dataset}|{run.data.model_dump_json()}"
            if key not in known:
                dataset = load_dataset(run.dataset, run.data, data_path=data_path)
                known[key] = dataset.interactions.fingerprint()
                checked.datasets.append(dataset)
                by_key[key] = dataset
                build_split(dataset, run.model_copy(update={"reduction": None}))
                _check_cutoffs(run, dataset.interactions.n_items)
            check_reduction(by_key[key], run.reduction)
            checked.fingerprints[run.model_dump_json()] = known[key]
    return checked


def _check_cutoffs(run: RunSettings, n_items: int) -> None:
    wanted = [*run.topk, *([MetricAtK.parse(run.training.metric).k] if run.training else [])]
    if max(wanted) > n_items:
        message = (
            f"K = {max(wanted)} is larger than the catalogue of {n_items} items of `{run.dataset}`"
        )
        raise InputError(message, hint=f"ask for --topk of at most {n_items}")


def is_done(
    job: Job, settings: StudySettings, folder: StudyFolder, fingerprints: dict[str, str]
) -> bool:
    """Return whether every run of a job has this repeat already.

    Threads, device and kernel must agree only where the study names them: a study that is
    resumed on another machine keeps what it has.
    """
    wanted = job.measurement
    names_threads = settings.threads is not None or settings.varies("threads")

    def fits(record: RunRecord) -> bool:
        return (
            record.repeat == wanted.repeat
            and (not names_threads or record.threads == wanted.threads)
            and (wanted.kernel is None or record.kernel in (wanted.kernel, "none"))
            and record.device == wanted.device
            and record.users_per_call == wanted.users_per_call
            and record.shards == wanted.shards
            and record.memory_mapped == (wanted.memory_map is not None)
        )

    return all(
        any(
            fits(record)
            for record in folder.records_of(run.run_id(fingerprints[run.model_dump_json()]))
        )
        for run in job.runs
    )


def _info(
    settings: StudySettings, folder: StudyFolder, hardware: Hardware, waits: str
) -> StudyInfo:
    earlier = folder.info()
    machines = [] if earlier is None else [m for m in earlier.machines if m != hardware]
    training = settings.set.get("metric", "ndcg@10")
    return StudyInfo(
        name=settings.name,
        description=settings.description,
        preset=settings.preset,
        metric=str(training),
        grid=settings.grid,
        embodied=settings.embodied,
        created_at=earlier.created_at
        if earlier
        else datetime.now(UTC).isoformat(timespec="seconds"),
        machines=(*machines, hardware),
        warmups=earlier.warmups if earlier else (),
        idle=earlier.idle if earlier else (),
        calibrations=earlier.calibrations if earlier else (),
        tunings=_tunings(settings, earlier),
        budget=settings.budget,
        budget_words=earlier.budget_words if earlier and settings.budget else "",
        waiting=waits,
    )


def _tunings(settings: StudySettings, earlier: StudyInfo | None) -> tuple[TuningSummary, ...]:
    """Return the tunings that runs of the folder use, as they are now."""
    now = [summary for _, summary in Tunings.read(settings.tuned).records]
    renewed = {(item.folder, item.fingerprint) for item in now}
    kept = earlier.tunings if earlier else ()
    return (*(t for t in kept if (t.folder, t.fingerprint) not in renewed), *now)


def warm(
    jobs: list[Job], meter: Meter, hardware: Hardware, known: tuple[Calibration, ...]
) -> tuple[Reading, tuple[Calibration, ...]]:
    """Compile what the jobs need and measure the machine's rates; return what it took, and them."""
    with meter.window("warmup") as window:
        warm_up(jobs)
        rates = rates_for(jobs, hardware, known)
    return window.reading, rates
