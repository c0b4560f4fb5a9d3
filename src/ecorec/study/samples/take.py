"""Taking a sample: each part of a configuration done for a moment, and measured."""

import tempfile
from pathlib import Path
from typing import Any

import torch

from ecorec.energy.arithmetic import scaled_reading
from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading
from ecorec.evaluation.evaluate import HeldOut, evaluate, evaluate_accuracy, evaluate_one
from ecorec.evaluation.metrics import MetricAtK
from ecorec.evaluation.scorer import Scorer
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.cost import Cost
from ecorec.planning.calibration import Calibration
from ecorec.planning.forecast import TRAIN, Part
from ecorec.planning.roofline import least_seconds
from ecorec.study import checkpoint
from ecorec.study.describe import cost_of_run
from ecorec.study.machine import use_threads_for, versions
from ecorec.study.plan import Job
from ecorec.study.prepare import DTYPES, build_model, build_trainer, scorer_of
from ecorec.study.run_settings import RunSettings
from ecorec.study.samples.epochs import sample_epoch, usual
from ecorec.study.samples.ground import Ground, as_held_out, smaller
from ecorec.study.samples.sample import Sample

SHARES = (1.0, 0.5, 0.25, 0.12, 0.06, 0.03)
"""Shares of users and of items that a fit is sampled on, the largest that is quick enough."""

TIMES_THE_LEAST = 3.0
"""What a fit is thought to take over the least that the machine's rates allow."""


def take_sample(
    job: Job, ground: Ground, meter: Meter, rates: Calibration, seconds: float
) -> Sample:
    """Do each part of a job for a moment.

    Args:
        job: Whose longest run is sampled.
        ground: Its data.
        meter: Measures it.
        rates: Of the machine, by which a fit that would take long is sampled on less.
        seconds: CPU seconds that training steps are measured for.
    """
    run = job.longest
    cost = cost_of_run(run, ground.split.train)
    use_threads_for(ground.graph, run, job.measurement)
    if run.training is None:
        return _closed_form(run, ground, meter, rates, cost, seconds)
    with meter.window("init") as init:
        trainer = build_trainer(run, ground.graph, ground.split.train)
    model = trainer.model
    epoch = sample_epoch(trainer, meter, seconds)
    embed = usual(meter, lambda: scorer_of(model), seconds / 4)
    scorer = scorer_of(model)
    n_items = ground.held_out.n_items
    metric = MetricAtK.parse(run.training.metric)
    metric = MetricAtK(metric.name, min(metric.k, n_items))
    rank = usual(meter, lambda: evaluate_one(scorer, ground.held_out, metric), seconds / 4)
    test = _test(scorer, ground.held_out, run, meter, seconds)
    state = model.state_dict()
    save = _saving(meter, state, run)
    init_parts = (init.reading, ground.readings["lists"])
    return Sample(ground, cost, init_parts, epoch, embed, rank, test, save)


def _closed_form(
    run: RunSettings, ground: Ground, meter: Meter, rates: Calibration, cost: Cost, seconds: float
) -> Sample:
    whole, enough = least_seconds(cost, rates), 2 * seconds
    share = next(
        (
            share
            for share in SHARES
            if _least(run, ground, share, rates) * TIMES_THE_LEAST <= enough
        ),
        SHARES[-1],
    )
    model, held_out, sampled, fit = _fit(run, ground, share, meter)
    # What a part of it took says better than the machine's rates whether the whole is quick.
    if share < 1 and fit.cpu_s * whole <= enough * least_seconds(sampled, rates):
        model, held_out, sampled, fit = _fit(run, ground, 1.0, meter)
    scorer, ks = scorer_of(model), _cut_offs(run, held_out)
    rank = usual(meter, lambda: evaluate_accuracy(scorer, held_out, ks), seconds / 4)
    test = _test(scorer, held_out, run, meter, seconds)
    # As if as many users had been ranked as on the whole data.
    each = ground.held_out.users.size / held_out.users.size
    rank, test = scaled_reading(rank, each), scaled_reading(test, each)
    save = _saving(meter, model.state(), run)
    return Sample(ground, sampled, (), (Part(TRAIN, fit, 1),), None, rank, test, save)


def _least(run: RunSettings, ground: Ground, share: float, rates: Calibration) -> float:
    train = ground.split.train
    return least_seconds(cost_of_run(run, train if share == 1 else smaller(train, share)), rates)


def _fit(
    run: RunSettings, ground: Ground, share: float, meter: Meter
) -> tuple[Any, HeldOut, Cost, Reading]:
    """Return a model fitted on a share of the data, what to rank with it, its cost, its reading."""
    train, graph, held_out = ground.split.train, ground.graph, ground.held_out
    if share < 1:
        train = smaller(train, share)
        graph = BipartiteGraph(
            train.users, train.items, train.n_users, train.n_items, dtype=DTYPES[run.dtype]
        )
        held_out = as_held_out(train, held_out.users_per_call)
    model = build_model(run, graph, torch.Generator())
    with meter.window("train") as window:
        model.fit(graph)
    return model, held_out, cost_of_run(run, train), window.reading


def _test(
    scorer: Scorer, held_out: HeldOut, run: RunSettings, meter: Meter, seconds: float
) -> Reading:
    ks = _cut_offs(run, held_out)
    return usual(meter, lambda: evaluate(scorer, held_out, ks), seconds / 4)


def _cut_offs(run: RunSettings, held_out: HeldOut) -> list[int]:
    return [k for k in run.topk if k <= held_out.n_items] or [1]


def _saving(meter: Meter, tensors: Any, run: RunSettings) -> Reading:
    with tempfile.TemporaryDirectory() as folder, meter.window("save") as window:
        about = {"settings": run.model_dump(mode="json"), "versions": versions()}
        checkpoint.save(Path(folder) / "model.safetensors", tensors, about)
    return window.reading
