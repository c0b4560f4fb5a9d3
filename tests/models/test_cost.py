"""Costs by formula against counted steps: torch's flop counter, and the products as they run.

Dense and sparse multiply-adds must agree exactly, for any width, depth and batch.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product as combinations
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from ecorec.data.interactions import Interactions
from ecorec.data.sampling import PairSampler
from ecorec.data.synthetic import block, power_law
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.graph.reach import EVERYONE
from ecorec.models.catalogue import MODELS
from ecorec.models.entry import ModelEntry
from ecorec.models.problem import Batch, Problem
from ecorec.models.work import Work
from ecorec.study.prepare import scorer_of
from ecorec.training.seeding import Generators
from ecorec.training.settings import TrainingSettings
from ecorec.training.trainer import Trainer
from tests.conftest import graph_of

TRAINED = tuple(name for name, entry in MODELS.items() if entry.kind == "trained")
VARIANTS: dict[str, dict[str, Any]] = {
    "narrow": {"embedding_size": 3, "n_layers": 1},
    "wide": {"embedding_size": 16, "n_layers": 3},
}
SPECIAL = [
    ("ngcf", {"embedding_size": 8, "layer_size": 5, "n_layers": 2}),
    ("lightgcn", {"embedding_size": 4, "n_layers": 0}),
    ("lightgcl", {"embedding_size": 4, "n_layers": 0}),
    ("lightgcl", {"embedding_size": 6, "rank": 50, "contrast_negatives": False}),
    ("simgcl", {"embedding_size": 6, "n_layers": 2, "noise": 0.0}),
    ("xsimgcl", {"embedding_size": 6, "n_layers": 3, "contrasted_layer": 3}),
    ("sgl", {"embedding_size": 6, "n_layers": 2, "drop": "walk", "drop_share": 0.35}),
    ("sgl", {"embedding_size": 6, "n_layers": 2, "drop_share": 0.0}),
    ("directau", {"embedding_size": 6}),
    ("ultragcn", {"embedding_size": 6, "n_neighbours": 0}),
    ("ultragcn", {"embedding_size": 6, "n_neighbours": 50}),
]
CASES = [*combinations(TRAINED, VARIANTS.values()), *SPECIAL]


def counted_flops() -> FlopCounterMode:
    """Return torch's counter, which does not know oneDNN's products by itself."""

    def of_inner(left: list[int], right: list[int], *_: Any, **__: Any) -> int:
        return 2 * left[0] * left[1] * right[0]

    return FlopCounterMode(
        display=False, custom_mapping={torch.ops.mkldnn._linear_pointwise: of_inner}
    )


@contextmanager
def counted_products() -> Iterator[SimpleNamespace]:
    """Count products and their multiply-adds as if a batch saw everyone, as formulas do."""
    counted, whole = SimpleNamespace(n_products=0, multiply_adds=0), BipartiteGraph.multiply

    def multiply(
        graph: BipartiteGraph, dense: torch.Tensor, *plus: torch.Tensor | None, **options: Any
    ) -> torch.Tensor:
        counted.n_products += 1
        counted.multiply_adds += graph.adjacency.n_edges * dense.shape[1]
        return whole(graph, dense, *plus, **options)

    with (
        patch.object(BipartiteGraph, "multiply", multiply),
        patch.object(BipartiteGraph, "reach", lambda *_, **__: EVERYONE),
    ):
        yield counted


def entry_and_config(name: str, values: dict[str, Any]) -> tuple[ModelEntry, Any]:
    entry = MODELS[name]
    own = {k: value for k, value in values.items() if entry.propagates or k != "n_layers"}
    return entry, entry.config.parse(own, name)


def counted_step(
    name: str, values: dict[str, Any], train: Interactions, batch_size: int, n_negatives: int = 1
):
    """Take one real step; return its model, batch, products and dense multiply-adds."""
    entry, config = entry_and_config(name, values)
    graph, generators = graph_of(train, torch.float32), Generators.from_seed(3)
    model = entry.build(config, graph, generators.init)
    model.rng = generators.model
    sampler = PairSampler(train, batch_size, generators.batches, n_negatives=n_negatives)
    batch = next(iter(sampler.epoch()))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    with counted_products() as products, counted_flops() as flops:
        model.loss(batch).backward()
        optimizer.step()
    assert all(parameter.grad is not None for parameter in model.parameters())
    return model, batch, products, flops.get_total_flops() / 2


def one_step(train: Interactions, batch: Any) -> Problem:
    return replace(Problem.of(train), batches=((1, Batch.of(batch)),))


@pytest.mark.parametrize(("name", "values"), CASES)
@pytest.mark.parametrize("batch_size", [1, 64, 4096])
def test_a_step_is_counted_to_the_last_multiply_add(
    name: str, values: dict[str, Any], batch_size: int
) -> None:
    train = block(50, 30, 3, 9, 0.2, seed=5)
    model, batch, products, dense = counted_step(name, values, train, batch_size)
    entry, config = entry_and_config(name, values)
    cost = entry.cost(config, one_step(train, batch))
    assert cost.dense_multiply_adds_per_epoch == dense
    assert cost.sparse_products_per_step == products.n_products
    assert cost.sparse_multiply_adds_per_epoch == products.multiply_adds
    assert cost.n_parameters == sum(p.numel() for p in model.parameters())


@settings(max_examples=25)
@given(
    name=st.sampled_from(TRAINED),
    n_users=st.integers(4, 40),
    n_items=st.integers(6, 40),
    size=st.sampled_from([3, 8, 16]),
    n_layers=st.integers(1, 4),
    batch_size=st.integers(1, 300),
    seed=st.integers(0, 99),
)
def test_on_any_graph(
    name: str, n_users: int, n_items: int, size: int, n_layers: int, batch_size: int, seed: int
) -> None:
    train = block(n_users, n_items, 1, 4, 0.5, seed)
    values = {"embedding_size": size, "n_layers": n_layers}
    _, batch, products, dense = counted_step(name, values, train, batch_size)
    entry, config = entry_and_config(name, values)
    cost = entry.cost(config, one_step(train, batch))
    assert cost.dense_multiply_adds_per_epoch == dense
    assert cost.sparse_multiply_adds_per_epoch == products.multiply_adds


@pytest.mark.parametrize("n_negatives", [2, 50])
@pytest.mark.parametrize("name", ["ultragcn", "lightgcn"])
def test_several_negatives_are_counted(name: str, n_negatives: int) -> None:
    """Of 2, with 90 items, a loop reads the rows; for 50, users are multiplied with all items."""
    train = block(50, 90, 3, 9, 0.2, seed=5)
    values = {"embedding_size": 6}
    _, batch, products, dense = counted_step(name, values, train, 64, n_negatives)
    entry, config = entry_and_config(name, values)
    cost = entry.cost(config, one_step(train, batch))
    assert (dense > 0) == (n_negatives == 50)
    assert cost.dense_multiply_adds_per_epoch == dense
    assert cost.sparse_multiply_adds_per_epoch == products.multiply_adds


def test_a_negative_that_a_loop_reads_takes_a_dot_product_and_two_additions() -> None:
    train = block(50, 90, 3, 9, 0.2, seed=5)
    entry, config = entry_and_config("ultragcn", {"embedding_size": 6, "n_neighbours": 0})
    of_pairs = [
        entry.cost(config, one_step(train, counted_step("ultragcn", {}, train, 64, n)[1]))
        for n in (2, 5)
    ]
    added = of_pairs[1].row_multiply_adds_per_epoch - of_pairs[0].row_multiply_adds_per_epoch
    assert added == 3 * 64 * 3 * 6
    added = of_pairs[1].random_bytes_per_epoch - of_pairs[0].random_bytes_per_epoch
    assert added == 4 * 64 * 3 * 6 * 4


def test_a_view_without_some_nodes_keeps_as_many_edges_as_expected() -> None:
    """Mean of 40 draws of two views; had users alone been dropped, 1.25 times as many."""
    train = power_law(60, 40, 500, 0.6, seed=1)
    entry, config = entry_and_config("sgl", {"drop": "node", "drop_share": 0.2})
    model = entry.build(config, graph_of(train), torch.Generator().manual_seed(1))
    n_edges = []
    for _ in range(40):
        model.begin_epoch()
        n_edges += [layers[0].adjacency.n_edges for layers in model.views]
    cost = entry.cost(config, Problem.of(train, 64))
    n_steps, whole = -(-len(train) // 64), 2 * len(train)
    of_views = cost.sparse_multiply_adds_per_epoch / (2 * 3 * 64 * n_steps) - whole
    assert of_views / 2 == pytest.approx(np.mean(n_edges), rel=0.02)


@pytest.mark.parametrize("name", TRAINED)
def test_a_whole_epoch_is_as_expected(name: str) -> None:
    """Distinct rows of a batch are expected, not known: within 2 % of an epoch that was counted.

    Had repeated rows counted each time, the contrast would be up to 9 times as large.
    """
    train = power_law(300, 200, 6000, 0.6, seed=1)
    entry, config = entry_and_config(name, {"embedding_size": 8})
    cost = entry.cost(config, Problem.of(train, 512))
    graph, generators = graph_of(train, torch.float32), Generators.from_seed(3)
    model = entry.build(config, graph, generators.init)
    model.rng = generators.model
    sampler = PairSampler(train, 512, generators.batches)
    trainer = Trainer(model, sampler, generators, TrainingSettings(batch_size=512))
    with counted_products() as products, counted_flops() as flops:
        trainer.train_epoch()
    assert cost.sparse_multiply_adds_per_epoch == products.multiply_adds
    assert products.n_products == cost.sparse_products_per_step * sampler.n_batches
    counted = flops.get_total_flops() / 2
    assert cost.dense_multiply_adds_per_epoch == pytest.approx(counted, rel=0.02)


@pytest.mark.parametrize("name", TRAINED)
def test_scoring_one_user_is_counted(name: str) -> None:
    train = block(50, 30, 3, 9, 0.2, seed=5)
    entry, config = entry_and_config(name, {"embedding_size": 8})
    model = entry.build(config, graph_of(train, torch.float32), torch.Generator().manual_seed(1))
    scorer = scorer_of(model)
    with counted_flops() as flops:
        scorer.scores(torch.tensor([7]))
    cost = entry.cost(config, Problem.of(train, 64))
    assert cost.multiply_adds_per_recommendation == flops.get_total_flops() / 2


def test_ngcf_scores_by_all_its_layers() -> None:
    entry, config = entry_and_config("ngcf", {"embedding_size": 64, "n_layers": 3})
    wide = entry.cost(config, Problem.even(100, 10, 500, 64)).multiply_adds_per_recommendation
    entry, config = entry_and_config("lightgcn", {"embedding_size": 64, "n_layers": 3})
    narrow = entry.cost(config, Problem.even(100, 10, 500, 64)).multiply_adds_per_recommendation
    assert (wide, narrow) == (2560, 640)


def test_expected_distinct_rows_by_hand() -> None:
    """Two of three interactions are drawn: user 0, who has two of them, is missed never.

    User 1 is missed with probability 1/3. Items 0, 1, 2 have one interaction each and are
    missed likewise. Each user's negatives: user 0 has item 2 left, user 1 items 0 and 1.
    """
    users, items = np.array([0, 0, 1]), np.array([0, 1, 2])
    ids = np.array(["a", "b", "c"])
    train = Interactions(users, items, None, ids[:2], ids)
    ((count, batch), (last, rest)) = Problem.of(train, 2).batches
    assert (count, batch.n_pairs, last, rest.n_pairs) == (1, 2, 1, 1)
    assert batch.n_users == pytest.approx(1 + 2 / 3)
    assert batch.n_positives == pytest.approx(2)
    # As a negative, item 2 is drawn with probability 2/3 a pair, items 0 and 1 with 1/6 each.
    missed = [1 / 3 * (5 / 6) ** 2] * 2 + [1 / 3 * (1 / 3) ** 2]
    assert batch.n_items == pytest.approx(3 - sum(missed))
    assert (rest.n_users, rest.n_positives) == pytest.approx((1, 1))


def test_expected_distinct_rows_are_what_batches_have() -> None:
    train = power_law(400, 300, 9000, 0.7, seed=2)
    (_, expected), _ = Problem.of(train, 1000).batches
    sampler = PairSampler(train, 1000, np.random.default_rng(1))
    found = [
        Batch.of(batch)
        for _ in range(20)
        for batch in sampler.epoch()
        if batch.users.numel() == 1000
    ]
    for name in ("n_users", "n_positives", "n_items"):
        mean = np.mean([getattr(batch, name) for batch in found])
        assert getattr(expected, name) == pytest.approx(mean, rel=0.005), name


def test_work_adds_up() -> None:
    one = Work(1, 2, 3, 4, 5, table_bytes=6, n_products=1)
    assert one + 2 * one == Work(3, 6, 9, 12, 15, table_bytes=6, n_products=3)
