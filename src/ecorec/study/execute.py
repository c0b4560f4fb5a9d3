"""A study from its settings to its records: plan, check, run what is missing."""

from pathlib import Path

from ecorec.energy import waiting
from ecorec.energy.countries import resolve_country
from ecorec.energy.emissions import intensity
from ecorec.energy.hardware import describe_machine
from ecorec.planning.budget import parse_budget
from ecorec.planning.purse import Purse
from ecorec.study.allocator import keep_freed_memory
from ecorec.study.changed_data import changed_data
from ecorec.study.checks import check_comparable, check_data, what_is_left
from ecorec.study.context import Context
from ecorec.study.executors.find import find_executor
from ecorec.study.executors.protocol import Assignment
from ecorec.study.folder import StudyFolder
from ecorec.study.forecast import check_forecast
from ecorec.study.halving import Halving, check_halving
from ecorec.study.listener import Listener, Silent
from ecorec.study.logbook import Logbook
from ecorec.study.plan import Job, plan
from ecorec.study.processes import divided, refuse_unless_alone
from ecorec.study.settings import StudySettings
from ecorec.study.store import StoredStudy, read_study
from ecorec.training.ranks import ALONE, Ranks


def run_study(
    settings: StudySettings,
    out: Path,
    *,
    data_path: Path | None = None,
    listener: Listener | None = None,
    ranks: Ranks = ALONE,
) -> StoredStudy:
    """Run what a study lacks and return all of it.

    A run that the folder has already is not run again, whichever machine it ran on; more sizes,
    seeds or models extend the folder.

    Args:
        settings: The study.
        out: Its folder, new or begun earlier.
        data_path: Where catalogue data sets are looked for.
        listener: Called as the study goes on.
        ranks: Processes that share every model's columns; this is the first of them.

    Raises:
        EcorecError: Something is wrong; if it can be checked beforehand, nothing is written yet.
    """
    listener = listener or Silent()
    refuse_unless_alone(settings, ranks)
    waits = waiting.wait_passively()
    keep_freed_memory()
    hardware = describe_machine(settings.watts_per_cpu)
    with find_executor(settings.executor, hardware) as executor:
        jobs = divided(plan(settings, settings.threads or executor.threads()), ranks)
        if settings.budget is not None:
            check_forecast(jobs)  # by which it is spent
        executor.check(jobs, settings)
        check_halving(settings, jobs)
        grid = intensity(settings.grid)
        budget = parse_budget(settings.budget, grid, settings.grid.pue) if settings.budget else None
        checked = check_data(jobs, data_path, names_cutoffs=settings.names_cutoffs)
        jobs = checked.jobs
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
                on_resume=listener.job_resumed,
                purse=Purse(budget) if budget else None,
                ranks=ranks,
            )

            records = folder.records()
            check_comparable(jobs, records, out)
            for words in changed_data(jobs, checked, records, out):
                listener.noticed(words)

            def left_of(job: Job) -> Job | None:
                return what_is_left(job, settings, folder, checked.fingerprints)

            def done(job: Job) -> bool:
                return left_of(job) is None

            left = [left_of(job) for job in jobs]
            missing = [job for job in left if job is not None]
            jobs = [lacking or job for lacking, job in zip(left, jobs, strict=True)]
            logbook = Logbook(folder, settings, jobs, waits)
            halving = Halving(jobs, context, settings.halving, done) if settings.halving else None
            if halving is not None:
                if halving.next_rung() is None:
                    missing = [job for job in missing if not job.epochs]
                logbook.dropped(halving.dropped())
            listener.planned(hardware, checked.datasets, jobs, len(jobs) - len(missing))
            if missing:
                executor.run(
                    Assignment(
                        missing, jobs, checked.by_key, context, settings, listener, logbook, halving
                    )
                )
            else:
                logbook.nothing_to_run()
    return read_study(out)
