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
from ecorec.planning.budget import Budget
from ecorec.study.info import NotRun, StudyInfo
from ecorec.study.plan import Job
from ecorec.study.record import EpochRecord, RunRecord

Trained = tuple[str, str]
"""Name of a training, and what is known of its first epoch: it tells this one from another."""


class Bill:
    """What warm-ups, runs and unfinished attempts have taken of a budget, over all sessions.

    Of several runs of one training only the dearest counts, because it includes the others. An
    attempt is a training, too, until another one goes on with its account.

    Args:
        budget: The budget, in whose unit everything is counted.
        warmups: The study's warm-ups.
    """

    def __init__(self, budget: Budget, warmups: Iterable[Reading]) -> None:
        self.budget = budget
        self.ahead = sum(map(budget.of, warmups))
        """Spent on warm-ups."""
        self._most: dict[Trained, float] = {}

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
        return self.ahead + sum(self._most.values())


def _key(training: str, epochs: Sequence[EpochRecord]) -> Trained:
    return training, _first(epochs)


def _first(epochs: Sequence[EpochRecord]) -> str:
    return epochs[0].model_dump_json(exclude={"validation"}) if epochs else ""


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


def needed(bill: Bill, not_run: Sequence[NotRun], info: StudyInfo) -> str:
    """Return what would suffice for the rest in one more session; empty where nothing is left."""
    if not not_run:
        return ""
    budget, to_run = bill.budget, sum(item.needs for item in not_run)
    # As in the last session: of the readings of one name, each session added one.
    again = sum(map(budget.of, {reading.name: reading for reading in info.warmups}.values()))
    parts = ((bill.spent, "spent"), (again, "to warm up again"), (to_run, "to run"))
    words = [f"{budget.in_words(amount)} {what}" for amount, what in parts]
    whole = budget.in_words(bill.spent + again + to_run)
    return f"{whole}: {', '.join(words[:2])} and {words[2]}"
