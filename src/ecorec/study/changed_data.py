"""Data that changed under the same name since a study's earlier runs: two data sets, not one."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from ecorec.study.checks import Checked, data_key
from ecorec.study.plan import Job
from ecorec.study.record import RunRecord
from ecorec.study.run_settings import RunSettings


def changed_data(
    jobs: Iterable[Job], checked: Checked, records: Sequence[RunRecord], out: Path
) -> list[str]:
    """Return a sentence for each data set that is not what it was when it was last run.

    Args:
        jobs: Of the study.
        checked: Their data, as they are now.
        records: Every run of the folder so far.
        out: The folder.
    """
    found: dict[str, str] = {}
    for run in (run for job in jobs for run in job.runs):
        key, fingerprint = data_key(run), checked.fingerprints[run.model_dump_json()]
        earlier = [record for record in records if _reads_the_same(record, run)]
        if key in found or not earlier:
            continue
        last = max(record.created_at for record in earlier)
        then = [record.data for record in earlier if record.created_at == last]
        if all(data.fingerprint != fingerprint for data in then):
            now = len(checked.by_key[key].interactions)
            found[key] = (
                f"{run.dataset} has changed since {last[:10]}: {then[0].n_interactions:,} "
                f"interactions then, {now:,} now; both stand in {out} and are not compared"
            )
    return [*found.values()]


def _reads_the_same(record: RunRecord, run: RunSettings) -> bool:
    """Return whether a run was asked for the same data: the same name, and the same filters."""
    asked = record.settings.get("dataset"), record.settings.get("data")
    return asked == (run.dataset, run.data.model_dump(mode="json"))
