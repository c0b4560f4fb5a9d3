"""A job under way: what its phases hand to one another."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import torch

from ecorec.data.load import load_dataset
from ecorec.data.splitting import Split
from ecorec.energy.codecarbon_tracker import CodeCarbonTracker
from ecorec.energy.isolation import IsolationWatch
from ecorec.energy.ledger import Ledger
from ecorec.evaluation.evaluate import Evaluation, HeldOut, evaluate
from ecorec.models.catalogue import find_model
from ecorec.study.context import Context
from ecorec.study.machine import use_threads
from ecorec.study.plan import Job
from ecorec.study.prepare import (
    build_graph,
    build_split,
    scorer_of,
    test_set,
    validation_set,
)
from ecorec.study.record import EpochRecord, RunRecord
from ecorec.study.settings import RunSettings


@dataclass(eq=False)
class UnderWay:
    """A job under way: its data, its model so far, its account."""

    job: Job
    context: Context
    ledger: Ledger
    tracker: CodeCarbonTracker
    metering: Callable[[], float]
    """Seconds that reading sensors has taken so far."""
    watch: IsolationWatch
    until: int | None = None
    """Epoch after which it pauses, without a test."""
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
    """Of the runs that are finished."""
    ended_by: Literal["patience", "gain"] | None = None
    accounted_s: float = -math.inf
    """When the account of an unfinished run was last written."""

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return torch.device(self.job.measurement.device)

    def prepare(self) -> None:
        """Load, split and build the graph, each in its phase."""
        settings, phase = self.job.longest, self.ledger.phase
        with phase("load"):
            self.data = load_dataset(
                settings.dataset, settings.data, data_path=self.context.data_path
            )
        with phase("split"):
            self.split = build_split(self.data, settings)
        with phase("graph"):
            self.graph = build_graph(self.split, settings, self.job.measurement)
        entry = find_model(settings.model)
        if entry.propagates:
            self.kernel = self.graph.kernel
        if entry.has_embeddings:
            entries = self.graph.n_nodes * settings.model_settings["embedding_size"]
            use_threads(self.job.measurement.threads, entries)

    def validation_set(self) -> HeldOut:
        """Return the validation interactions, scored for as many users a call as was asked for."""
        return self._as_called(validation_set(self.split, self.job.longest, self.device))

    def evaluate(self, settings: RunSettings) -> Evaluation:
        """Return the test of the model as it is now."""
        held_out = self._as_called(test_set(self.split, settings, self.device))
        return evaluate(scorer_of(self.model), held_out, settings.topk)

    def _as_called(self, held_out: HeldOut) -> HeldOut:
        return replace(held_out, users_per_call=self.job.measurement.users_per_call)
