"""Checks before the first run: the data of every run, and which runs are done."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ecorec.data.dataset import Dataset
from ecorec.data.load import load_dataset
from ecorec.data.protocols import SplitSettings
from ecorec.data.reduction import check_reduction
from ecorec.data.splitting import in_use
from ecorec.errors import InputError
from ecorec.evaluation.metrics import MetricAtK
from ecorec.study.conditions import measured_so
from ecorec.study.folder import StudyFolder
from ecorec.study.plan import Job
from ecorec.study.prepare import build_split
from ecorec.study.record import RunRecord
from ecorec.study.run_settings import RunSettings
from ecorec.study.settings import StudySettings


@dataclass
class Checked:
    """The data of every run, read once before anything is written."""

    jobs: list[Job] = field(default_factory=list)
    """What is to run: as it was planned, but for cut-offs that do not fit."""
    fingerprints: dict[str, str] = field(default_factory=dict)
    datasets: list[Dataset] = field(default_factory=list)
    """As they are in use."""
    by_key: dict[str, Dataset] = field(default_factory=dict)
    """The same data sets, by `data_key` of the runs on them."""


def data_key(run: RunSettings) -> str:
    """Return a key that is equal for runs on the same data."""
    return f"{run.dataset}|{run.data.model_dump_json()}"


def check_data(jobs: list[Job], data_path: Path | None, *, names_cutoffs: bool = True) -> Checked:
    """Read every data set and split it in each way, so that errors appear before the first run.

    Args:
        jobs: Of the study.
        data_path: Where catalogue data sets are looked for.
        names_cutoffs: Whether the cut-offs were asked for; if not, those that are larger than a
            catalogue are left out, and the data set notes it.

    Raises:
        InputError: Data cannot be read or split, or something does not fit them.
    """
    checked = Checked()
    loaded: dict[str, Dataset] = {}
    known: dict[str, str] = {}
    n_items: dict[tuple[str, SplitSettings], int] = {}
    for job in jobs:
        runs = []
        for planned in job.runs:
            run = planned
            key = data_key(run)
            if key not in loaded:
                loaded[key] = load_dataset(run.dataset, run.data, data_path=data_path)
                known[key] = loaded[key].fingerprint()
            if (key, run.split) not in n_items:
                split = build_split(loaded[key], run.model_copy(update={"reduction": None}))
                n_items[key, run.split] = split.whole.n_items
                if key not in checked.by_key:
                    dataset = in_use(loaded[key], split)
                    if not names_cutoffs:
                        beyond = fitting_cutoffs(run, dataset.interactions.n_items)[1]
                        dataset = _without_cutoffs(dataset, beyond)
                    checked.datasets.append(dataset)
                    checked.by_key[key] = dataset
            if not names_cutoffs:
                run = fitting_cutoffs(run, n_items[key, run.split])[0]
            metric = run.training.metric if run.training else None
            check_cutoffs(run, n_items[key, run.split], metric)
            check_reduction(checked.by_key[key], run.reduction)
            checked.fingerprints[run.model_dump_json()] = known[key]
            runs.append(run)
        checked.jobs.append(replace(job, runs=tuple(runs)))
    return checked


def fitting_cutoffs(run: RunSettings, n_items: int) -> tuple[RunSettings, list[int]]:
    """Return a run without the cut-offs that are larger than the catalogue, and these.

    Where none fits, all stay, to be refused. Where all fit, the run is the same and has its id.
    """
    fitting = tuple(k for k in run.topk if k <= n_items)
    if not fitting or fitting == run.topk:
        return run, []
    return run.model_copy(update={"topk": fitting}), [k for k in run.topk if k > n_items]


def _without_cutoffs(dataset: Dataset, dropped: list[int]) -> Dataset:
    if not dropped:
        return dataset
    words = f"no lists of {', '.join(map(str, dropped))}: there are fewer items (--topk)"
    return replace(dataset, notes=(*dataset.notes, words))


def check_cutoffs(run: RunSettings, n_items: int, metric: str | None) -> None:
    """Make sure that no list is longer than the catalogue.

    Args:
        run: With the cut-offs of its test.
        n_items: Of its data.
        metric: That validates; `None` where none does.

    Raises:
        InputError: A cut-off is larger.
    """
    longest = max([*run.topk, *([MetricAtK.parse(metric).k] if metric else [])])
    if longest > n_items:
        message = f"K = {longest} is larger than the catalogue of {n_items} items of "
        message += f"`{run.dataset}`"
        raise InputError(message, hint=f"ask for --topk and a metric of at most {n_items}")


def what_is_left(
    job: Job, settings: StudySettings, folder: StudyFolder, fingerprints: dict[str, str]
) -> Job | None:
    """Return a job with those of its runs that lack this repeat; `None` if none does.

    Threads, device and kernel must agree only where the study names them: a study that is
    resumed on another machine keeps what it has.
    """
    names_threads = settings.threads is not None or settings.varies("threads")
    runs = tuple(
        run
        for run in job.runs
        if not any(
            measured_so(record, job.measurement, any_threads=not names_threads)
            for record in folder.records_of(run.run_id(fingerprints[run.model_dump_json()]))
        )
    )
    return replace(job, runs=runs) if runs else None


def check_comparable(jobs: Sequence[Job], records: Sequence[RunRecord], out: Path) -> None:
    """Refuse runs that share no cut-off with those of their folder: nothing could compare them.

    Args:
        jobs: Of the study, with the cut-offs that fit their data.
        records: Every run of the folder so far.
        out: The folder.

    Raises:
        InputError: They share none, and those of the folder do.
    """
    there = [{int(name.rpartition("@")[2]) for name in record.metrics} for record in records]
    shared = set.intersection(*there) if there else set()
    asked = [set(run.topk) for job in jobs for run in job.runs]
    if shared and not shared.intersection(*asked):
        words = [",".join(map(str, sorted(ks))) for ks in (set.union(*asked), shared)]
        message = f"--topk {words[0]}: the runs in {out} were tested at {words[1]}"
        hint = f"add one of those, e.g. --topk {words[1]}, or give another --out"
        raise InputError(message, hint=hint)
