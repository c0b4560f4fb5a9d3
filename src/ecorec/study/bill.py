"""What was spent of a budget: each training once, however many runs came of it.

A training is told by its settings but for the number of epochs, its conditions, and what its first
epoch read: runs that came of it have that in common, and a second training of the same has not.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import torch

from ecorec.energy.reading import Reading
from ecorec.graph.kernels import default_kernel
from ecorec.models.catalogue import find_model
from ecorec.planning.purse import Purse
from ecorec.study.info import NotRun, StudyInfo
from ecorec.study.pauses import LOOK
from ecorec.study.plan import Job
from ecorec.study.record import EpochRecord, RunRecord

Trained = tuple[str, str]
"""Name of a training, and what is known of its first epoch: it tells this one from another."""


class Bill:
    """What warm-ups, pauses, runs and unfinished attempts have taken, over all sessions.

    Of several runs of one training only the dearest counts, because it includes the others. An
    attempt is a training, too, until another one goes on with its account.

    Args:
        purse: Of the session, in whose budget's unit everything is counted.
        info: What is known of the study so far.
    """

    def __init__(self, purse: Purse, info: StudyInfo) -> None:
        self._purse = purse
        self.budget = purse.budget
        self._most: dict[Trained, float] = {}
        self.not_run: list[NotRun] = []
        """What the budget leaves out."""
        self.read(info)

    def read(self, info: StudyInfo) -> None:
        """Book what the study has taken beside its runs, as far as it is known now."""
        self._ahead = sum(map(self.budget.of, info.warmups))
        self._paused = self._sum(info.pauses)

    def book(self, training: str, epochs: Sequence[EpochRecord], total: Reading) -> None:
        """Add a run of a training, or an attempt at one.

        Args:
            training: Its name, from `training_by` or `training_of`.
            epochs: What is known of its epochs; none for a fit in closed form.
            total: What it took.
        """
        key = _key(training, epochs)
        self._most[key] = max(self._most.get(key, 0.0), self.budget.of(total))

    def book_left(self, name: str, epochs: Sequence[EpochRecord], total: Reading) -> None:
        """Add an attempt at a training that is none of this session's.

        Args:
            name: What to call it, if no run that came of it was booked before.
            epochs: What is known of its epochs.
            total: What it took.
        """
        first = _first(epochs)
        known = (training for training, other in self._most if first and other == first)
        self.book(next(known, name), epochs, total)

    def hand_over(self, training: str, epochs: Sequence[EpochRecord]) -> None:
        """Forget an attempt: the one that begins now has it in its own account."""
        self._most.pop(_key(training, epochs), None)

    @property
    def spent(self) -> float:
        """The sum of everything."""
        return self._ahead + self._paused + sum(self._most.values())

    def settle(self, info: StudyInfo) -> StudyInfo:
        """Return what is known of a study, with what became of its budget until now."""
        self.read(info)
        budget = self.budget
        words = f"{budget.in_words(self.spent)} of {budget.in_words()} were spent, "
        words += f"{budget.in_words(self._ahead)} of it on warming up and the forecast"
        if self._paused:
            words += f", {budget.in_words(self._paused)} on rests and the idle machine"
        news = {"not_run": tuple(self.not_run), "budget_words": words}
        return info.model_copy(update=news | {"budget_needed": self._needed(info)})

    def _needed(self, info: StudyInfo) -> str:
        """Return what would suffice for the rest in one more session; empty if nothing is left."""
        if not self.not_run:
            return ""
        # As in the last session: of the readings of one name, each session added one.
        warmups = {reading.name: reading for reading in info.warmups}
        looks = [reading for reading in info.pauses if reading.name == LOOK]
        rests = self._purse.rest * (len(self.not_run) - 1)
        paused = rests + self._sum(looks[-1:])
        parts = [
            (self.spent, "spent"),
            (self._sum(warmups.values()), "to warm up again"),
            *([(paused, "for rests and the idle machine")] if paused else []),
            (sum(item.needs for item in self.not_run), "to run"),
        ]
        *words, last = (f"{self.budget.in_words(amount)} {what}" for amount, what in parts)
        whole = self.budget.in_words(sum(amount for amount, _ in parts))
        return f"{whole}: {', '.join(words)} and {last}"

    def _sum(self, readings: Iterable[Reading]) -> float:
        # Where a counter failed for a moment, no run would be worth stopping the study for.
        amounts = (self.budget.of(item) for item in readings if self.budget.knows(item))
        return sum(amounts, start=0.0)


def _key(training: str, epochs: Sequence[EpochRecord]) -> Trained:
    return training, _first(epochs)


def _first(epochs: Sequence[EpochRecord]) -> str:
    return epochs[0].model_dump_json(exclude={"validation", "train_j"}) if epochs else ""


def training_by(job: Job) -> str:
    """Return the training that a job is, as `training_of` names it for each of its records."""
    asked, run = job.measurement, job.longest
    kernel = asked.kernel or default_kernel(torch.device(asked.device))
    return _named(
        run.model_dump(mode="json"),
        repeat=asked.repeat,
        threads=asked.threads,
        device=asked.device,
        kernel=kernel if find_model(run.model).propagates else "none",
        users_per_call=asked.users_per_call,
        shards=asked.shards,
        memory_mapped=asked.memory_map is not None,
    )


def training_of(record: RunRecord) -> str:
    """Return the training that a run came of: its settings but for epochs, and its conditions."""
    return _named(
        record.settings,
        repeat=record.repeat,
        threads=record.threads,
        device=record.device,
        kernel=record.kernel,
        users_per_call=record.users_per_call,
        shards=record.shards,
        memory_mapped=record.memory_mapped,
    )


def _named(
    settings: dict[str, Any],
    *,
    repeat: int,
    threads: int,
    device: str,
    kernel: str,
    users_per_call: int | None,
    shards: int,
    memory_mapped: bool,
) -> str:
    training = settings.get("training")
    shared = None if training is None else {k: v for k, v in training.items() if k != "epochs"}
    conditions = (repeat, threads, device, kernel, users_per_call, shards, memory_mapped)
    return json.dumps([{**settings, "training": shared}, *conditions], sort_keys=True)
