"""From settings to the objects of a run: split, graph, held-out data and model."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from ecorec.data.dataset import Dataset
from ecorec.data.interactions import Interactions
from ecorec.data.reduction import reduce_train
from ecorec.data.sampling import PairSampler
from ecorec.data.splitting import Split, make_split
from ecorec.evaluation.evaluate import HeldOut
from ecorec.evaluation.item_lists import ItemLists
from ecorec.evaluation.scorer import EmbeddingScorer, Scorer
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.graph.shard import WHOLE, ColumnShard
from ecorec.models.base import TrainingFree
from ecorec.models.catalogue import find_model
from ecorec.study.run_settings import MeasurementSettings, RunSettings
from ecorec.training.ranks import ALONE, Ranks
from ecorec.training.seeding import Generators
from ecorec.training.settings import TrainingSettings
from ecorec.training.trainer import Trainer

DTYPES = {"float32": torch.float32, "float64": torch.float64}


def build_split(dataset: Dataset, settings: RunSettings) -> Split:
    """Return what a run is trained, validated and tested on."""
    split = make_split(dataset, settings.split, settings.split_seed)
    if settings.reduction is None:
        return split
    return reduce_train(split, settings.reduction, settings.split_seed)


def build_graph(
    split: Split,
    settings: RunSettings,
    measurement: MeasurementSettings,
    shard: ColumnShard = WHOLE,
) -> BipartiteGraph:
    """Return the graph of the training interactions, and of nothing else."""
    return BipartiteGraph(
        split.train.users,
        split.train.items,
        split.train.n_users,
        split.train.n_items,
        dtype=DTYPES[settings.dtype],
        device=torch.device(measurement.device),
        kernel=measurement.kernel,
        shard=shard,
        folder=None if measurement.memory_map is None else Path(measurement.memory_map),
    )


def build_model(settings: RunSettings, graph: BipartiteGraph, rng: torch.Generator) -> Any:
    """Return the model of a run, initialised but not trained."""
    entry = find_model(settings.model)
    config = entry.config.parse(settings.model_settings, f"`{settings.model}`")
    return entry.build(config, graph, rng)


def build_sampler(
    train: Interactions,
    settings: TrainingSettings,
    generators: Generators,
    *,
    needs_negatives: bool = True,
    reads_negatives: bool = True,
) -> PairSampler:
    """Return the batches of a run.

    Args:
        train: What is trained on.
        settings: Size of the batches, and their negatives.
        generators: Draw the order and the negatives.
        needs_negatives: Whether the model's loss holds a pair against them.
        reads_negatives: Whether it reads them at all.
    """
    # Where nothing reads them, one is drawn all the same: the same generator orders the next epoch.
    sampler, n_negatives = settings.sampler, settings.n_negatives
    return PairSampler(
        train,
        settings.batch_size,
        generators.batches,
        sampler=sampler if reads_negatives else "uniform",
        n_negatives=n_negatives if reads_negatives else 1,
        needs_negatives=needs_negatives,
    )


def build_trainer(
    settings: RunSettings, graph: BipartiteGraph, train: Interactions, ranks: Ranks = ALONE
) -> Trainer:
    """Return a run's model with its optimiser and its batches, before the first step."""
    assert settings.training is not None
    assert settings.seed is not None
    generators = Generators.from_seed(settings.seed)
    model = build_model(settings, graph, generators.init)
    if hasattr(model, "rng"):
        model.rng = generators.model
    config = model.config
    sampler = build_sampler(
        train,
        settings.training,
        generators,
        needs_negatives=config.needs_negatives,
        reads_negatives=config.reads_negatives,
    )
    return Trainer(model, sampler, generators, settings.training, ranks, graph.folder)


def validation_set(split: Split, settings: RunSettings, device: torch.device) -> HeldOut:
    """Return the validation interactions, with training interactions masked."""
    return _held_out(split, split.valid, [*split.known], settings.split_seed, device)


def test_set(split: Split, settings: RunSettings, device: torch.device) -> HeldOut:
    """Return the test interactions, with training and validation interactions masked."""
    return _held_out(split, split.test, [*split.known, split.valid], settings.split_seed, device)


def _held_out(
    split: Split,
    relevant: Interactions,
    seen: list[Interactions],
    tie_seed: int,
    device: torch.device,
) -> HeldOut:
    n_users, n_items = split.train.n_users, split.train.n_items
    users = np.concatenate([part.users for part in seen])
    items = np.concatenate([part.items for part in seen])
    # Popularity is counted in all training data, so that head and tail are the same items even if a
    # run is trained on less.
    known = np.concatenate([part.items for part in split.known])
    return HeldOut(
        relevant=ItemLists.from_pairs(relevant.users, relevant.items, n_users),
        seen=ItemLists.from_pairs(users, items, n_users),
        popularity=np.bincount(known, minlength=n_items),
        tie_seed=tie_seed,
        device=device,
    )


def scorer_of(model: Any) -> Scorer:
    """Return the scorer of a model: the model itself, or its current embeddings."""
    if isinstance(model, TrainingFree):
        return model
    model.eval()
    with torch.no_grad():
        users, items = model.embed()
    return EmbeddingScorer(users, items)
