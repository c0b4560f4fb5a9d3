"""Samples of runs: each part of a run done for a moment on its own data, and measured.

The test interactions are not looked at: what ranking takes is measured on those of validation.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ecorec.data.dataset import Dataset
from ecorec.data.interactions import Interactions
from ecorec.data.load import load_dataset
from ecorec.data.splitting import Split
from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading, add_readings, scaled_reading
from ecorec.evaluation.evaluate import HeldOut, evaluate, evaluate_one
from ecorec.evaluation.metrics import MetricAtK
from ecorec.evaluation.ranking import ItemLists, Scorer
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.base import RedrawnEachEpoch
from ecorec.models.catalogue import find_model
from ecorec.models.cost import Cost
from ecorec.planning.calibration import Calibration
from ecorec.planning.forecast import TRAIN, Part
from ecorec.planning.roofline import least_seconds
from ecorec.study import checkpoint
from ecorec.study.describe import cost_of_run
from ecorec.study.machine import use_threads, versions
from ecorec.study.plan import Job
from ecorec.study.prepare import (
    DTYPES,
    build_graph,
    build_model,
    build_sampler,
    build_split,
    scorer_of,
    validation_set,
)
from ecorec.study.settings import MeasurementSettings, RunSettings
from ecorec.training.fit import Trainer
from ecorec.training.seeding import Generators

RANKED_USERS = 1000
"""Users whose lists are ranked for a sample; the rest take as long each."""

FEWEST_STEPS = 2
MOST_EPOCHS = 60
SHARES = (1.0, 0.5, 0.25, 0.12, 0.06, 0.03)
"""Shares of users and of items that a fit is sampled on, the largest that is quick enough."""

TIMES_THE_LEAST = 3.0
"""What a fit is thought to take over the least that the machine's rates allow."""


@dataclass(frozen=True, eq=False)
class Ground:
    """Data, split and graph of some runs, and what making them took."""

    dataset: Dataset
    split: Split
    graph: BipartiteGraph
    held_out: HeldOut
    """Validation interactions of a part of the users."""
    n_valid_users: int
    n_test_users: int
    readings: dict[str, Reading]
    """`load`, `split`, `graph`, and `lists`: the lists of what is held out and masked."""

    @classmethod
    def prepare(
        cls,
        run: RunSettings,
        measurement: MeasurementSettings,
        data_path: Path | None,
        meter: Meter,
    ) -> "Ground":
        """Load, split and build the graph, each in a window of its own."""
        load_dataset(run.dataset, run.data, data_path=data_path)  # from now on it is in the cache
        found: dict[str, Any] = {}

        def measured(name: str, work: Callable[[], Any]) -> Any:
            with meter.window(name) as window:
                made = work()
            found[name] = window.reading
            return made

        dataset = measured("load", lambda: load_dataset(run.dataset, run.data, data_path=data_path))
        split = measured("split", lambda: build_split(dataset, run))
        graph = measured("graph", lambda: build_graph(split, run, measurement))
        whole = measured("lists", lambda: validation_set(split, run, graph.device))
        return cls(
            dataset,
            split,
            graph,
            _of_some_users(whole),
            int(whole.users.size),
            int(np.unique(split.test.users).size),
            found,
        )


def _of_some_users(whole: HeldOut) -> HeldOut:
    users = whole.users
    if users.size <= RANKED_USERS:
        return whole
    kept = np.random.default_rng(0).choice(users, RANKED_USERS, replace=False)
    owners = np.repeat(np.arange(whole.relevant.indptr.size - 1), whole.relevant.counts())
    rows = np.isin(owners, kept)
    relevant = ItemLists.from_pairs(
        owners[rows], whole.relevant.items[rows].astype(np.int64), whole.relevant.indptr.size - 1
    )
    return HeldOut(relevant, whole.seen, whole.popularity, whole.tie_seed, whole.device)


@dataclass(frozen=True, eq=False)
class Sample:
    """What the parts of one configuration took, each once."""

    ground: Ground
    cost: Cost
    init: tuple[Reading, ...]
    epoch: tuple[Part, ...]
    """All of one epoch; of a fit in closed form, the whole fit."""
    embed: Reading | None
    """Making the embeddings that score; `None` where there are none."""
    rank: Reading
    """One metric for the sampled users."""
    test: Reading
    """Every metric for them."""
    save: Reading

    def parts(self, run: RunSettings, cost: Cost, rates: Calibration) -> tuple[Part, ...]:
        """Return all parts of a run of this configuration, or of a like one by formula.

        Args:
            run: Of the same model on the same data.
            cost: Of that run.
            rates: Of the machine.
        """
        epochs = run.training.epochs if run.training else 1
        least, sampled = least_seconds(cost, rates), least_seconds(self.cost, rates)
        reach = least / sampled if sampled > 0 and least > 0 else 1.0
        wide = _ratio(cost.bytes_per_recommendation, self.cost.bytes_per_recommendation)
        ground = self.ground
        parts = [Part(name, ground.readings[name], 1) for name in ("load", "split", "graph")]
        parts += [Part("init", reading, 1) for reading in self.init]
        parts += [
            Part(TRAIN, part.sample, part.times * epochs, part.reach * reach) for part in self.epoch
        ]
        n_ranked = self.ground.held_out.users.size
        if run.training is not None:
            validations = n_validations(run)
            each = ground.n_valid_users / n_ranked
            parts += self._embed("validate", validations, reach)
            parts.append(Part("validate", self.rank, validations * each, wide))
        parts += self._embed("test", 1, reach)
        parts.append(Part("test", ground.readings["lists"], 1))
        parts.append(Part("test", self.test, ground.n_test_users / n_ranked, wide))
        n_saved = _ratio(cost.n_parameters, self.cost.n_parameters)
        parts.append(Part("checkpoint", self.save, n_saved))
        return tuple(parts)

    def _embed(self, phase: str, times: int, reach: float) -> list[Part]:
        return [] if self.embed is None else [Part(phase, self.embed, times, reach)]


def _ratio(value: int | float, of: int | float) -> float:
    return value / of if value > 0 and of > 0 else 1.0


def n_validations(run: RunSettings) -> int:
    """Return how often a run validates if it trains all its epochs."""
    if run.training is None:
        return 0
    return -(-run.training.epochs // run.training.validate_every)


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
    if find_model(run.model).has_embeddings:
        entries = ground.graph.n_nodes * run.model_settings["embedding_size"]
        use_threads(job.measurement.threads, entries)
    else:
        use_threads(job.measurement.threads)
    if run.training is None:
        return _closed_form(run, ground, meter, rates, cost, seconds)
    with meter.window("init") as init:
        generators = Generators.from_seed(run.seed or 0)
        model = build_model(run, ground.graph, generators.init)
        model.rng = generators.model
        sampler = build_sampler(ground.split.train, run.training, generators)
        trainer = Trainer(model, sampler, generators, run.training)
    epoch = _epoch(trainer, meter, seconds)
    embed = _usual(meter, lambda: scorer_of(model), seconds / 4)
    scorer = scorer_of(model)
    metric = MetricAtK.parse(run.training.metric)
    rank, test = _ranking(scorer, ground.held_out, metric, run, meter, seconds)
    state = model.state_dict()
    save = _saving(meter, state, run)
    init_parts = (init.reading, ground.readings["lists"])
    return Sample(ground, cost, init_parts, epoch, embed, rank, test, save)


def _closed_form(
    run: RunSettings, ground: Ground, meter: Meter, rates: Calibration, cost: Cost, seconds: float
) -> Sample:
    graph, held_out, sampled = ground.graph, ground.held_out, cost
    for share in SHARES:
        if share < 1:
            train = _smaller(ground.split.train, share)
            sampled = cost_of_run(run, train)
            graph = BipartiteGraph(
                train.users, train.items, train.n_users, train.n_items, dtype=DTYPES[run.dtype]
            )
            held_out = _itself(train)
        if least_seconds(sampled, rates) * TIMES_THE_LEAST <= 2 * seconds:
            break
    model = build_model(run, graph, torch.Generator())
    with meter.window("train") as window:
        model.fit(graph)
    rank, test = _ranking(scorer_of(model), held_out, MetricAtK("ndcg", 1), run, meter, seconds)
    # As if as many users had been ranked as on the whole data.
    each = ground.held_out.users.size / held_out.users.size
    rank, test = scaled_reading(rank, each), scaled_reading(test, each)
    fit, save = Part(TRAIN, window.reading, 1), _saving(meter, model.state(), run)
    return Sample(ground, sampled, (), (fit,), None, rank, test, save)


def _smaller(train: Interactions, share: float) -> Interactions:
    """Return the interactions of random users with random items, numbered anew."""
    rng = np.random.default_rng(0)
    users = rng.permutation(train.n_users)[: max(2, int(train.n_users * share))]
    items = rng.permutation(train.n_items)[: max(2, int(train.n_items * share))]
    new_user, new_item = np.full(train.n_users, -1), np.full(train.n_items, -1)
    new_user[users], new_item[items] = np.arange(users.size), np.arange(items.size)
    rows = (new_user[train.users] >= 0) & (new_item[train.items] >= 0)
    return Interactions(
        new_user[train.users[rows]],
        new_item[train.items[rows]],
        None,
        train.user_ids[users],
        train.item_ids[items],
    )


def _itself(train: Interactions) -> HeldOut:
    """Return the interactions as what is held out: enough to see what ranking takes."""
    some = train.users < RANKED_USERS
    relevant = ItemLists.from_pairs(train.users[some], train.items[some], train.n_users)
    nothing = ItemLists.from_pairs(train.users[:0], train.items[:0], train.n_users)
    popularity = np.bincount(train.items, minlength=train.n_items)
    return HeldOut(relevant, nothing, popularity, 0, torch.device("cpu"))


def _epoch(trainer: Trainer, meter: Meter, seconds: float) -> tuple[Part, ...]:
    """Return an epoch: several whole ones where they are short, else its start and some steps."""
    model, sampler = trainer.model, trainer.batches
    size, n = sampler.batch_size, sampler.n_batches
    began = time.process_time()
    if isinstance(model, RedrawnEachEpoch):
        model.begin_epoch()
    first = next(sampler.epoch())
    step_began = time.process_time()
    for _ in range(2):  # what a first step does beside its work is no part of an epoch
        step_began = time.process_time()
        _step(trainer, first)
    now = time.process_time()
    if now - began + (n - 1) * (now - step_began) < seconds:
        readings = _repeated(meter, trainer.train_epoch, seconds, MOST_EPOCHS)
        return (Part(TRAIN, add_readings(TRAIN, readings), 1 / len(readings)),)
    with meter.window("start") as start:
        if isinstance(model, RedrawnEachEpoch):
            model.begin_epoch()
        batches = sampler.epoch()
        batch = next(batches)
    taken: list[Reading] = []
    until = time.process_time() + seconds
    while len(taken) < FEWEST_STEPS or time.process_time() < until:
        with meter.window("step") as window:
            _step(trainer, batch)
            following = next(batches, None)
        taken.append(window.reading)
        if following is None or following.users.numel() < size:
            break
        batch = following
    # Half of a step's work is that of all nodes, whatever the size of the last batch.
    n_steps = (n + sampler.n_pairs / size) / 2
    steps = add_readings(TRAIN, taken)
    return (Part(TRAIN, start.reading, 1), Part(TRAIN, steps, n_steps / len(taken)))


def _step(trainer: Trainer, batch: Any) -> None:
    trainer.model.train()
    trainer.optimizer.zero_grad(set_to_none=True)
    loss = trainer.model.loss(batch.to(next(trainer.model.parameters()).device))  # type: ignore[operator]
    loss.backward()
    trainer.optimizer.step()
    loss.detach()


def _repeated(meter: Meter, work: Callable[[], Any], seconds: float, most: int) -> list[Reading]:
    readings: list[Reading] = []
    until = time.process_time() + seconds
    while not readings or (len(readings) < most and time.process_time() < until):
        with meter.window("sample") as window:
            work()
        readings.append(window.reading)
    return readings


def _usual(meter: Meter, work: Callable[[], Any], seconds: float) -> Reading:
    """Return what some work takes: the mean of a few times, without the first if there are more."""
    readings = _repeated(meter, work, seconds, 4)
    kept = readings[1:] or readings
    return scaled_reading(add_readings("sample", kept), 1 / len(kept))


def _ranking(
    scorer: Scorer,
    held_out: HeldOut,
    metric: MetricAtK,
    run: RunSettings,
    meter: Meter,
    seconds: float,
) -> tuple[Reading, Reading]:
    ks = [k for k in run.topk if k <= held_out.n_items] or [1]
    metric = MetricAtK(metric.name, min(metric.k, held_out.n_items))
    rank = _usual(meter, lambda: evaluate_one(scorer, held_out, metric), seconds / 4)
    test = _usual(meter, lambda: evaluate(scorer, held_out, ks), seconds / 4)
    return rank, test


def _saving(meter: Meter, tensors: Any, run: RunSettings) -> Reading:
    with tempfile.TemporaryDirectory() as folder, meter.window("save") as window:
        about = {"settings": run.model_dump(mode="json"), "versions": versions()}
        checkpoint.save(Path(folder) / "model.safetensors", tensors, about)
    return window.reading
