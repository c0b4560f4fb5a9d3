"""A job that is being run: what its phases hand to one another."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import torch

from ecorec.data.load import load_dataset
from ecorec.data.splitting import Split
from ecorec.energy import memory
from ecorec.energy.codecarbon_tracker import CodeCarbonTracker
from ecorec.energy.isolation import IsolationWatch
from ecorec.energy.ledger import Ledger
from ecorec.energy.meter import Window
from ecorec.energy.reading import Reading
from ecorec.evaluation.evaluate import Evaluation, HeldOut, evaluate
from ecorec.evaluation.scorer import EmbeddingScorer, Scorer
from ecorec.models.catalogue import find_model
from ecorec.study.attempt import Attempt
from ecorec.study.context import Context
from ecorec.study.machine import use_threads_for
from ecorec.study.plan import Job
from ecorec.study.prepare import (
    build_graph,
    build_split,
    build_trainer,
    scorer_of,
    test_set,
    validation_set,
)
from ecorec.study.record import EpochRecord, RunRecord
from ecorec.study.run_settings import RunSettings
from ecorec.study.shares import Share, add_shares, machine_key
from ecorec.training.ranks import ALONE, Ranks
from ecorec.training.trainer import Trainer


@dataclass(eq=False)
class UnderWay:
    """A job that is being run: its data, its model so far, its account of energy."""

    job: Job
    context: Context
    ledger: Ledger
    tracker: CodeCarbonTracker
    metering: Callable[[], float]
    """Seconds that reading sensors has taken so far."""
    watch: IsolationWatch
    until: int | None = None
    """Epoch after which it pauses without a test; `None` if it does not."""
    attempts: int = 1
    epochs: list[EpochRecord] = field(default_factory=list)
    validation: dict[str, float] = field(default_factory=dict)
    """Accuracy on validation of a model without epochs."""
    data: Any = None
    split: Split = field(init=False)
    graph: Any = None
    kernel: str = "none"
    model: Any = None
    records: list[RunRecord] = field(default_factory=list)
    """Records of the runs that are finished."""
    ended_by: Literal["patience", "gain"] | None = None
    stopped: bool = False
    """Whether a budget or a rung has stopped it, now or in an earlier attempt."""
    accounted_s: float = field(default_factory=time.monotonic)
    """When its account was last written, or since when it is under way."""
    ranks: Ranks = ALONE
    """The processes that train together; this is the first of them."""
    shares: list[Share] = field(default_factory=list)
    """The share of every process in the run's energy, from the last `account`."""
    trainer: Trainer | None = None
    """`None` for a model without epochs."""

    @cached_property
    def attempt(self) -> Attempt:
        """Where it keeps what it needs to continue, until it is finished."""
        return self.context.attempt(self.job)

    @property
    def device(self) -> torch.device:
        """The device that it computes on."""
        return torch.device(self.job.measurement.device)

    def prepare(self) -> None:
        """Load, split, build the graph and the untrained model, each in its phase."""
        settings, phase = self.job.longest, self.phase
        with phase("load"):
            self.data = load_dataset(
                settings.dataset, settings.data, data_path=self.context.data_path
            )
        with phase("split"):
            self.split = build_split(self.data, settings)
        with phase("graph"):
            self.graph = build_graph(self.split, settings, self.job.measurement, self.ranks.shard)
        if find_model(settings.model).propagates:
            self.kernel = self.graph.kernel
        use_threads_for(self.graph, settings, self.job.measurement)
        if settings.training is not None:
            with phase("init"):
                self.trainer = build_trainer(settings, self.graph, self.split.train, self.ranks)
                self.model = self.trainer.model

    @contextmanager
    def phase(self, name: str) -> Iterator[Window]:
        """Book the body under a phase, in every process."""
        outer, self.ranks.phase = self.ranks.phase, name
        try:
            with self.ledger.phase(name) as window:
                yield window
        finally:
            self.ranks.phase = outer

    def account(self) -> tuple[tuple[Reading, ...], Reading]:
        """Return the phases and the total so far, of all processes."""
        self.ranks.tell("share")
        machine, peak = machine_key(self.context.hardware), memory.peak_memory_bytes()
        own = Share(machine, self.ledger.phases(), self.ledger.total(), peak)
        self.shares[:] = self.ranks.collect(own)
        return add_shares(self.shares)

    def counted(self, reading: Reading) -> Reading:
        """Return a reading of this run with the joules that it began to count, or without any.

        Where a counter fails for a moment, the fewer joules of the process would else stand in for
        the machine's, and the run would seem to have drawn less than before.
        """
        # Of several processes, those on another machine may count something else from the start.
        return reading if self.ranks.are_several else reading.part_of(self.ledger.begun)

    @property
    def n_machines(self) -> int:
        """Machines that its processes are on, by the last `account`."""
        return len({share.machine for share in self.shares}) or 1

    def peak_memory_bytes(self) -> int:
        """Return the most memory that was held, of all processes together."""
        own = memory.peak_memory_bytes()
        return own + sum(share.peak_memory_bytes for share in self.shares[1:])

    def exchanged_bytes(self) -> float | None:
        """Return what each process has sent to train.

        `None` if there is only one, or if an earlier attempt sent bytes that were not counted.
        """
        shard = self.ranks.shard
        if shard.is_whole or self.attempts > 1:
            return None
        return shard.traffic.sent_bytes(shard.n_shards)

    def validation_set(self) -> HeldOut:
        """Return the validation interactions, with the users a call that the job asks for."""
        return self._as_called(validation_set(self.split, self.job.longest, self.device))

    def evaluate(self, settings: RunSettings) -> Evaluation:
        """Return the test of the model as it is now."""
        held_out = self._as_called(test_set(self.split, settings, self.device))
        return evaluate(self.scorer(), held_out, settings.topk)

    def scorer(self) -> Scorer:
        """Return the scorer of the model as it is now, with the columns of all processes."""
        if self.trainer is None:
            return scorer_of(self.model)
        return EmbeddingScorer(*self.trainer.embeddings())

    def _as_called(self, held_out: HeldOut) -> HeldOut:
        return replace(held_out, users_per_call=self.job.measurement.users_per_call)
