"""Finished runs on their way from a worker to the study's folder: whole, or not at all."""

from ecorec.study.conditions import measured_so
from ecorec.study.executors.protocol import Assignment
from ecorec.study.executors.task import Delivery
from ecorec.study.folder import StudyFolder
from ecorec.study.plan import Job
from ecorec.study.record import RunRecord
from ecorec.study.store import UNFINISHED


def pack(folder: StudyFolder) -> tuple[tuple[str, dict[str, bytes]], ...]:
    """Return the files of every run in a worker's own folder, by run id."""
    found = sorted((folder.path / "runs").iterdir(), key=lambda run: run.stat().st_mtime_ns)
    return tuple(
        (run.name, {file.name: file.read_bytes() for file in sorted(run.iterdir())})
        for run in found
        if run.is_dir() and not run.name.startswith(UNFINISHED)
    )


def take_in(job: Job, delivery: Delivery, work: Assignment) -> list[RunRecord]:
    """Store a worker's delivery, note its machine, and return the records.

    A shorter run that was measured so already is left as it is, as a run in this process does.
    """
    folder, logbook, records = work.context.folder, work.logbook, []
    longest = work.context.run_id(job.longest)
    for run_id, files in delivery.runs:
        known = folder.records_of(run_id)
        if run_id != longest and any(measured_so(record, job.measurement) for record in known):
            continue
        with folder.new_run(run_id) as unfinished:
            for name, content in files.items():
                (unfinished / name).write_bytes(content)
        records.append(RunRecord.model_validate_json(files["record.json"]))
    logbook.machine(delivery.hardware)
    if delivery.warmup is not None:
        logbook.warmup(delivery.warmup, delivery.hardware)
    if delivery.idle is not None:
        logbook.idle(delivery.idle)
    logbook.rates(delivery.rates)
    return records
