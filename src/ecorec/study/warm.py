"""The warm-up before runs: compiled kernels, finished imports, the machine's rates."""

from typing import Any

import numpy as np
import torch

from ecorec.data.interactions import Interactions
from ecorec.energy.hardware import Hardware
from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading
from ecorec.energy.sampling import sampled_window
from ecorec.evaluation.evaluate import HeldOut, evaluate
from ecorec.evaluation.item_lists import ItemLists
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.graph.fixed_width import compile_for
from ecorec.graph.kernels import default_kernel
from ecorec.models.base import RedrawnEachEpoch
from ecorec.models.catalogue import find_model
from ecorec.planning.calibration import Calibration
from ecorec.study.machine_rates import rates_for
from ecorec.study.plan import Job
from ecorec.study.prepare import DTYPES, build_model, build_sampler, scorer_of
from ecorec.study.run_settings import MeasurementSettings
from ecorec.training.seeding import Generators
from ecorec.training.settings import TrainingSettings
from ecorec.training.trainer import Trainer

TINY = Interactions(
    users=np.array([0, 0, 0, 0, 1, 1, 1, 1]),
    items=np.array([0, 1, 2, 3, 1, 2, 3, 4]),
    timestamps=None,
    user_ids=np.array(["0", "1"]),
    item_ids=np.array(["0", "1", "2", "3", "4"]),
)
"""So full of interactions that tables of weights between its items are kept as dense ones."""
RING = Interactions(
    users=np.arange(64).repeat(2),
    items=(np.arange(64).repeat(2) + np.tile([0, 1], 64)) % 64,
    timestamps=None,
    user_ids=np.arange(64).astype(str),
    item_ids=np.arange(64).astype(str),
)
"""A graph of which a small batch reaches only some nodes, so that most rows stay empty."""

FEW = 2
"""Negatives of a pair among 64 items that are read one by one."""

WARMUP = "warmup"
"""Name of its reading."""


def warm(
    jobs: list[Job], meter: Meter, hardware: Hardware, known: tuple[Calibration, ...]
) -> tuple[Reading, tuple[Calibration, ...]]:
    """Compile what the jobs need and rate the machine; return what that took, and the rates."""
    with sampled_window(meter, WARMUP) as window:
        warm_up(jobs)
        rates = rates_for(jobs, hardware, known)
    return window.reading, rates


def warm_up(jobs: list[Job]) -> None:
    """Run every code path of the jobs once, on a graph of two users and on a ring of 64.

    Compiles the kernels, or loads them from their cache on disk, and makes the libraries
    finish their imports, so that no run is billed for it. The two graphs cover the two ways in
    which kernels are called: for all rows, and for the rows that a batch reaches; and the two in
    which weights are multiplied, dense and sparse.
    """
    _compile_products(jobs)
    for job in jobs:
        run = job.longest
        for train in (TINY, RING):
            graph = BipartiteGraph(
                train.users, train.items, train.n_users, train.n_items,
                dtype=DTYPES[run.dtype],
                device=torch.device(job.measurement.device),
                kernel=job.measurement.kernel,
            )  # fmt: skip
            generators = Generators.from_seed(0)
            model = build_model(run, graph, generators.init)
            if run.training is None:
                model.fit(graph)
            else:
                model.rng = generators.model
                _train_a_little(model, train, run.training, generators)
            owners = ItemLists.from_pairs(train.users, train.items, train.n_users)
            popularity = np.ones(train.n_items, dtype=np.int64)
            nothing = ItemLists.from_pairs(train.users[:0], train.items[:0], train.n_users)
            evaluate(scorer_of(model), HeldOut(owners, nothing, popularity, 0, graph.device), [1])


def _compile_products(jobs: list[Job]) -> None:
    """Compile products for every layout: how large the graphs of the runs are is not known yet."""
    tables = {
        (job.longest.dtype, size // job.measurement.shards)
        for job in jobs
        for key in ("embedding_size", "layer_size")
        if find_model(job.longest.model).propagates
        and (size := job.longest.model_settings.get(key))
        and _kernel(job.measurement) == "fixed-width"
    }
    for dtype, size in sorted(tables):
        graph = BipartiteGraph(
            TINY.users, TINY.items, TINY.n_users, TINY.n_items,
            dtype=DTYPES[dtype], kernel="fixed-width",
        )  # fmt: skip
        compile_for(graph.adjacency, size)


def _kernel(measurement: MeasurementSettings) -> str:
    return measurement.kernel or default_kernel(torch.device(measurement.device))


def _train_a_little(
    model: Any, train: Interactions, training: TrainingSettings, generators: Generators
) -> None:
    if train is RING:
        # Of many negatives, its few items would all be scored at once.
        few = min(training.n_negatives, FEW)
        training = training.model_copy(update={"n_negatives": few})
    sampler = build_sampler(train, training, generators)
    if train is TINY:
        Trainer(model, sampler, generators, training).train_epoch()
        return
    if isinstance(model, RedrawnEachEpoch):
        model.begin_epoch()
    sampler.batch_size = 2
    batch = next(sampler.epoch())
    model.loss(batch.to(next(model.parameters()).device)).backward()
