"""What a warm-up leaves to compile: nothing that a run would be billed for."""

from types import ModuleType

import numba
import numpy as np
import pytest
import torch

from ecorec.data.synthetic import block
from ecorec.graph import fixed_width
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.graph.layout import layout
from ecorec.models import chosen_loops, row_loops
from ecorec.study.plan import plan
from ecorec.study.prepare import build_model, build_sampler, scorer_of
from ecorec.study.settings import StudySettings
from ecorec.study.warm import warm_up
from ecorec.training.seeding import Generators
from tests.conftest import graph_of

# Users, of 100 items, whose tables fit no cache but in ever narrower blocks.
USERS = {64: 1_500, 32: 3_000, 16: 5_000}


def note_calls(
    module: ModuleType,
    name: str,
    called: set[tuple[object, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Note a loop's name and the types that it is called with: for each of them it is compiled."""
    loop = getattr(module, name)

    def call(*given: object) -> None:
        called.add((name, *map(numba.typeof, given)))
        loop(*given)

    monkeypatch.setattr(module, name, call)


def compiled() -> dict[int, list[tuple[object, ...]]]:
    return {
        columns: [list(function.signatures) for function in fixed_width._compiled(columns)]
        for columns in USERS
    }


@pytest.mark.parametrize("n_interactions_of_a_user", [2, 30], ids=["few edges", "many edges"])
def test_no_product_of_a_run_is_compiled_after_the_warm_up(n_interactions_of_a_user: int) -> None:
    fixed_width._compiled.cache_clear()
    study = StudySettings.parse(
        {"datasets": ["movietweetings"], "models": ["lightgcn"], "embedding_sizes": [64]}, "study"
    )
    warm_up(plan(study, 1))
    known = compiled()
    for columns, n_users in USERS.items():
        users = np.arange(n_users).repeat(n_interactions_of_a_user)
        items = (users + np.tile(np.arange(n_interactions_of_a_user), n_users)) % 100
        graph = BipartiteGraph(users, items, n_users, 100, dtype=torch.float32)
        chosen = layout(n_users, 100, 2 * users.size, 64, 4)
        if n_interactions_of_a_user > 2:
            assert (chosen.columns, chosen.cut) == (columns, True)
        nodes = torch.ones(graph.n_nodes, 64, requires_grad=True)
        graph.sum_layers(nodes, 2).sum().backward()
        graph.propagate(nodes).sum().backward()
    assert compiled() == known


@pytest.mark.parametrize("model", ["itemknn", "userknn", "rp3beta"])
def test_weights_are_multiplied_in_both_ways_before_any_run(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: set[tuple[object, ...]] = set()
    for name in ("rows_of_dense", "rows_of_sparse"):
        note_calls(row_loops, name, called, monkeypatch)
    study = {"datasets": ["movietweetings"], "models": [model]}
    warm_up(plan(StudySettings.parse(study, "study"), 1))
    warm = {*called}
    for per_user in (2, 30):
        train = block(50, 40, 1, per_user, 0.2, seed=5)
        run = plan(StudySettings.parse(study, "study"), 1)[0].longest
        graph = graph_of(train, torch.float32)
        fitted = build_model(run, graph, torch.Generator())
        fitted.fit(graph)
        scorer_of(fitted).scores(torch.tensor([3]))
    assert {name for name, *_ in called} == {"rows_of_dense", "rows_of_sparse"}
    assert called == warm


def test_no_loop_over_many_negatives_is_compiled_after_the_warm_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called: set[tuple[object, ...]] = set()
    for name in ("score", "add_items", "add_rows"):
        note_calls(chosen_loops, name, called, monkeypatch)
    values = {
        "datasets": ["movietweetings"], "models": ["lightgcn"], "embedding_sizes": [64],
        "set": {"lightgcn.ranking_loss": "softmax", "n_negatives": 300},
    }  # fmt: skip
    job = plan(StudySettings.parse(values, "study"), 1)[0]
    warm_up([job])
    warm = {*called}
    train, generators = block(50, 900, 3, 9, 0.2, seed=5), Generators.from_seed(3)
    model = build_model(job.longest, graph_of(train, torch.float32), generators.init)
    assert job.longest.training is not None
    sampler = build_sampler(train, job.longest.training, generators)
    model.loss(next(sampler.epoch())).backward()
    assert len(called) == 3
    assert called == warm
