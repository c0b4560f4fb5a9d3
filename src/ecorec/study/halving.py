"""Successive halving of a study's trainings: who trains on, decided by what the folder holds.

The only memory is what every training leaves in the folder: its record, or the account and the
state of an attempt that paused. A study that is started again therefore comes to the same decisions
and continues. With more candidates it decides anew, and a training that was dropped may go on after
all.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from ecorec.energy.reading import Reading
from ecorec.errors import InputError
from ecorec.planning.halving import rungs, survivors
from ecorec.study.context import Context
from ecorec.study.info import Dropped
from ecorec.study.labels import labels_of
from ecorec.study.plan import Job
from ecorec.study.settings import StudySettings


@dataclass(frozen=True)
class Progress:
    """How far a training has come."""

    epochs: int
    ended: bool
    """Whether it has come to its own end, and was tested."""
    validations: dict[int, float]
    """Epoch -> validation metric."""
    energy: Reading | None = None
    """What an unfinished training took so far; `None` for an ended one, whose record has it."""

    def best(self, epochs: int) -> float:
        """Return the best validation among the first epochs."""
        values = [value for epoch, value in self.validations.items() if epoch <= epochs]
        return max(values, default=float("-inf"))


@dataclass(frozen=True)
class Rung:
    """The trainings that are due before candidates can be compared again."""

    epochs: int
    due: tuple[Job, ...]
    alive: dict[str, list[Job]]
    """Candidate -> its trainings, one for each seed."""
    is_last: bool


class Halving:
    """Halves each group of trainings: those on one data set and split, measured in one way.

    A candidate is a configuration with all its seeds; it is judged by the mean of their best
    validations.

    Args:
        jobs: Trainings of the study; those without epochs take no part.
        context: What the session's runs share.
        factor: One in so many candidates goes on at each rung.
        is_done: Whether a training has come to its end in this folder.
    """

    def __init__(
        self, jobs: Sequence[Job], context: Context, factor: int, is_done: Callable[[Job], bool]
    ) -> None:
        self._context, self._factor, self._is_done = context, factor, is_done
        self._groups: dict[str, dict[str, list[Job]]] = {}
        for job in jobs:
            if job.epochs:
                group = self._groups.setdefault(_group_of(job), {})
                group.setdefault(_candidate_of(job), []).append(job)

    def next_rung(self) -> Rung | None:
        """Return what is to be trained next; `None` once every group has come to its end."""
        for group in self._groups.values():
            rung, _ = self._follow(group)
            if rung is not None:
                return rung
        return None

    def decide(self, rung: Rung) -> tuple[list[Job], list[Job]]:
        """Return which trainings go on beyond a rung that all have reached, and which do not."""
        kept = set(self._kept(rung.alive, rung.epochs))
        jobs = [(key in kept, job) for key, group in rung.alive.items() for job in group]
        return [job for goes_on, job in jobs if goes_on], [job for stays, job in jobs if not stays]

    def dropped(self) -> tuple[Dropped, ...]:
        """Return every training that was left behind so far."""
        found: list[Dropped] = []
        for group in self._groups.values():
            labels = labels_of([jobs[0] for jobs in group.values()])
            _, left = self._follow(group)
            for (key, jobs), label in zip(group.items(), labels, strict=True):
                if key in left:
                    found += [self._dropped(job, label) for job in jobs if not self._is_done(job)]
        return tuple(found)

    def _follow(self, group: dict[str, list[Job]]) -> tuple[Rung | None, set[str]]:
        """Return the first rung that a training has not reached, and whom earlier ones dropped."""
        alive, left = group, set[str]()
        first = next(iter(group.values()))[0]
        every = max(_validates_every(jobs[0]) for jobs in group.values())
        for epochs in (ends := rungs(len(group), first.epochs, every, self._factor)):
            is_last = epochs == ends[-1]
            jobs = [job for candidate in alive.values() for job in candidate]
            due = tuple(job for job in jobs if not self._reached(job, epochs, is_last=is_last))
            if due:
                return Rung(epochs, due, alive, is_last), left
            if not is_last:
                kept = set(self._kept(alive, epochs))
                left |= alive.keys() - kept
                alive = {key: jobs for key, jobs in alive.items() if key in kept}
        return None, left

    def _reached(self, job: Job, epochs: int, *, is_last: bool) -> bool:
        progress = self._progress(job)
        return progress.ended or (not is_last and progress.epochs >= epochs)

    def _kept(self, alive: dict[str, list[Job]], epochs: int) -> list[str]:
        values = {
            key: fmean(self._progress(job).best(epochs) for job in jobs)
            for key, jobs in alive.items()
        }
        return survivors(values, self._factor)

    def _progress(self, job: Job) -> Progress:
        if self._is_done(job):
            record = self._context.folder.records_of(self._context.run_id(job.longest))[0]
            epochs, energy, ended = record.epochs, None, True
        else:
            account = self._context.attempt(job).account()
            if account is None:
                return Progress(0, ended=False, validations={})
            epochs, energy, ended = account.epochs, account.total, False
        known = {e.epoch: e.validation for e in epochs if e.validation is not None}
        return Progress(epochs[-1].epoch if epochs else 0, ended, known, energy)

    def _dropped(self, job: Job, label: str) -> Dropped:
        progress = self._progress(job)
        assert progress.energy is not None
        return Dropped(
            label=label,
            seed=job.longest.seed,
            dataset=job.longest.dataset,
            run_id=self._context.run_id(job.longest),
            epochs=job.epochs,
            epochs_done=progress.epochs,
            validation=progress.best(progress.epochs),
            energy=progress.energy,
        )


def check_halving(settings: StudySettings, jobs: Sequence[Job]) -> None:
    """Make sure that a study can be halved.

    Raises:
        InputError: It has a budget as well, or trainings that cannot be compared at a rung.
    """
    if settings.halving is None:
        return
    if settings.budget is not None:
        message = f"--halving {settings.halving} and --budget {settings.budget} cannot be combined"
        hint = "leave one out; `ecorec forecast` says what the grid would take"
        raise InputError(message, hint=hint)
    epochs = sorted({run.training.epochs for job in jobs for run in job.runs if run.training})
    if len(epochs) > 1:
        message = f"--halving needs one number of epochs, not {', '.join(map(str, epochs))}"
        raise InputError(message, hint=f"give the largest, e.g. --epochs {epochs[-1]}")
    metrics = sorted({job.longest.training.metric for job in jobs if job.longest.training})
    if len(metrics) > 1:
        message = f"--halving compares by one validation metric, not {' and '.join(metrics)}"
        raise InputError(message, hint=f"give one, e.g. --metric {metrics[0]}")


def _validates_every(job: Job) -> int:
    training = job.longest.training
    assert training is not None
    return training.validate_every


def _group_of(job: Job) -> str:
    """Return a key that is equal for trainings on the same data, measured in the same way."""
    run = job.longest.model_dump(mode="json", include={"dataset", "data", "split", "split_seed"})
    reduction = job.longest.reduction
    parts = [run, reduction and reduction.model_dump(), job.measurement.model_dump(mode="json")]
    return json.dumps(parts, sort_keys=True)


def _candidate_of(job: Job) -> str:
    return job.longest.model_copy(update={"seed": None}).model_dump_json()
