"""One trial: trained by the same loop as runs, validated, and never tested."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from ecorec.data.dataset import Dataset
from ecorec.data.load import load_dataset
from ecorec.data.splitting import Split
from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading
from ecorec.evaluation.evaluate import HeldOut, evaluate_one
from ecorec.evaluation.metrics import MetricAtK
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.study.machine import use_threads_for
from ecorec.study.prepare import (
    build_graph,
    build_model,
    build_split,
    build_trainer,
    scorer_of,
    validation_set,
)
from ecorec.study.run_settings import MeasurementSettings, RunSettings
from ecorec.training.fit import EpochResult, fit


@dataclass(frozen=True, eq=False)
class Ground:
    """What all trials share and none changes; it has no test data."""

    dataset: Dataset
    split: Split
    graph: BipartiteGraph
    validation: HeldOut

    @classmethod
    def prepare(
        cls, settings: RunSettings, measurement: MeasurementSettings, data_path: Any
    ) -> "Ground":
        """Load, split and build the graph.

        Raises:
            DataError: The data cannot be read or split.
        """
        dataset = load_dataset(settings.dataset, settings.data, data_path=data_path)
        split = build_split(dataset, settings)
        graph = build_graph(split, settings, measurement)
        return cls(dataset, split, graph, validation_set(split, settings, graph.device))


@dataclass(frozen=True)
class Outcome:
    """What a trial came to."""

    validation: float
    best_epoch: int | None
    stopped: bool
    """Whether it was told to stop before its last epoch."""
    run: Reading
    """Reading of its own initialisation, training and validation."""


def run_trial(
    settings: RunSettings,
    measurement: MeasurementSettings,
    ground: Ground,
    meter: Meter,
    metric: MetricAtK,
    goes_on: Callable[[EpochResult], bool],
    fitted: Callable[[], None],
) -> Outcome:
    """Train and validate.

    Args:
        settings: Of the trial.
        measurement: How it is executed.
        ground: What all trials share.
        meter: Measures it.
        metric: Validation metric.
        goes_on: Asked after each epoch whether to continue; never for models without epochs.
        fitted: Called when one of those has been fitted, before it is validated.

    Raises:
        TrainingError: A loss became something that is not a number.
    """
    use_threads_for(ground.graph, settings, measurement)
    with meter.window("run") as window:
        if settings.training is None:
            model = build_model(settings, ground.graph, torch.Generator())
            model.fit(ground.graph)
            fitted()
            value = evaluate_one(scorer_of(model), ground.validation, metric)
            best_epoch, stopped = None, False
        else:
            value, best_epoch, stopped = _train(settings, ground, meter, metric, goes_on)
    return Outcome(value, best_epoch, stopped, window.reading)


def _train(
    settings: RunSettings,
    ground: Ground,
    meter: Meter,
    metric: MetricAtK,
    goes_on: Callable[[EpochResult], bool],
) -> tuple[float, int | None, bool]:
    trainer = build_trainer(settings, ground.graph, ground.split.train)

    def validate() -> float:
        return evaluate_one(scorer_of(trainer.model), ground.validation, metric)

    begun = meter.now()
    whole = meter.between("trial", begun, begun)

    def spent_j() -> float | None:
        # Absent while a counter fails: the fewer joules of the process do not stand in for it.
        return meter.between("trial", begun, meter.now()).part_of(whole).energy_j

    ended = fit(trainer, validate, meter.window, lambda _: None, goes_on, spent_j)
    return trainer.selection.value, trainer.selection.epoch, not ended
