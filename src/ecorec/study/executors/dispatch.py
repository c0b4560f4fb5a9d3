"""Trainings handed to workers as these become free, and what comes back of them."""

from collections import Counter
from functools import cached_property

from ecorec.errors import EcorecError
from ecorec.study.checks import data_key
from ecorec.study.executors.delivery import take_in
from ecorec.study.executors.needs import Needs, needs_of
from ecorec.study.executors.pool import Pool
from ecorec.study.executors.protocol import Assignment
from ecorec.study.executors.task import (
    Began,
    Delivery,
    Failed,
    Lost,
    Message,
    Passed,
    Resumed,
    Task,
)

MOST_LOSSES = 3
"""After so many losses of its worker, a training itself is taken to be the reason."""


class Dispatch:
    """Hands out what is missing, in its order, and stores what is finished.

    Args:
        work: The trainings to run.
        pool: The workers.
        shared: Whether a machine may have several runs at a time.
        measures_machine: Whether workers test their sensors, and look at the idle machine and
            its rates before runs; else the driver has done so, on the same machine.
    """

    def __init__(
        self, work: Assignment, pool: Pool, *, shared: bool, measures_machine: bool
    ) -> None:
        self._work = work
        self._pool = pool
        self._shared = shared
        self._measures_machine = measures_machine
        self._waiting = list(range(len(work.missing)))
        self._under_way: set[int] = set()
        self._begun: set[int] = set()
        self._losses: Counter[int] = Counter()
        self._failure: EcorecError | None = None

    def run(self) -> None:
        """Run everything; after a failure begin nothing more, and finish what is under way.

        Raises:
            EcorecError: The first failure.
        """
        try:
            while self._under_way or (self._waiting and self._failure is None):
                self._hand_out()
                for number, message in self._pool.wait():
                    self._hear(number, message)
        finally:
            self._pool.stop()
        if self._failure is not None:
            raise self._failure

    def _hand_out(self) -> None:
        if self._failure is not None:
            return
        for number in [*self._waiting]:
            job, needs = self._work.missing[number], self._needs[number]
            if not self._pool.has_room(needs):
                continue
            task = Task.of(
                job,
                self._work,
                shared=self._shared,
                alone_for_now=self._measures_machine and not self._shared,
                same_machine=not self._measures_machine,
            )
            self._pool.begin(number, task, needs)
            self._waiting.remove(number)
            self._under_way.add(number)

    @cached_property
    def _needs(self) -> list[Needs]:
        datasets = self._work.datasets
        return [needs_of(job, datasets[data_key(job.longest)]) for job in self._work.missing]

    def _hear(self, number: int, message: Message) -> None:
        if number not in self._under_way:
            return  # a late message of a training that was lost
        job, listener = self._work.missing[number], self._work.listener
        if not isinstance(message, Lost) and number not in self._begun:
            self._begun.add(number)
            listener.job_started(job)
        match message:
            case Began():
                return
            case Resumed(epochs):
                listener.job_resumed(job, list(epochs))
                return
            case Passed(epochs):
                for epoch in epochs:
                    listener.epoch_done(job, epoch)
                return
            case Delivery():
                listener.job_done(job, take_in(job, message, self._work))
            case Failed(kind, words, hint):
                self._failure = self._failure or kind(words, hint)
            case Lost(why):
                self._begun.discard(number)
                self._lose(number, why)
        self._under_way.discard(number)

    def _lose(self, number: int, why: str) -> None:
        self._losses[number] += 1
        job = self._work.missing[number]
        if self._losses[number] < MOST_LOSSES:
            self._waiting.insert(0, number)
            self._work.listener.job_lost(job, why)
            return
        message = f"{job.label} was lost {MOST_LOSSES} times; the last time {why}"
        hint = "if memory ran out, give it a machine with more, or run fewer at a time"
        self._failure = self._failure or EcorecError(message, hint=hint)
