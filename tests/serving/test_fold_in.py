"""Users who were not there at training: exact where the model allows it, sensible elsewhere."""

import numpy as np
import pytest
import torch

from ecorec.errors import InputError
from ecorec.evaluation.item_lists import ItemLists
from ecorec.evaluation.ranking import rank
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.base import TrainingFree
from ecorec.models.catalogue import MODELS
from ecorec.models.served import Served, SparseProduct, Vectors
from ecorec.serving.build import build_index, natural_kind
from ecorec.serving.fold_in import folded_in
from ecorec.serving.index import Kind, Seen
from ecorec.serving.tables import Table
from ecorec.study.prepare import scorer_of
from tests.conftest import graph_of
from tests.models.test_contract import N_ITEMS, N_USERS, trained, withheld
from tests.serving.conftest import Trained

pytestmark = pytest.mark.xdist_group("serving")
TRAINING_FREE = [name for name, entry in MODELS.items() if entry.kind == "training-free"]
LIBRARY = [name for name, entry in MODELS.items() if entry.kind == "library"]
EXACT = [name for name in TRAINING_FREE if name not in ("userknn", "gf-cf")]


def fitted(name: str, graph: BipartiteGraph) -> TrainingFree:
    entry = MODELS[name]
    if entry.kind == "library":
        pytest.importorskip("implicit", reason="needs pip install 'ecorec[implicit]'")
    # A rank below that of the data, so that the factors leave something out.
    settings = {"puresvd": {"n_factors": 5}, "gf-cf": {"n_factors": 5}}.get(name, {})
    model = entry.build(entry.config(**settings), graph, torch.Generator())
    model.fit(graph)
    return model


@pytest.mark.parametrize("name", [*TRAINING_FREE, *LIBRARY])
def test_every_model_without_training_is_served_as_it_ranks(name: str, blocks) -> None:
    graph = graph_of(blocks, torch.float32)
    model = fitted(name, graph)
    seen = Seen(ItemLists.from_pairs(blocks.users, blocks.items, graph.n_users), 11)
    parts = model.served() if isinstance(model, Served) else None
    index = build_index(natural_kind(parts), name, parts, model, seen, graph.n_items, 10)
    everyone = np.arange(graph.n_users)
    expected = rank(model, everyone, seen.lists, graph.n_items, 10, 11, torch.device("cpu"))
    np.testing.assert_array_equal(index.top(everyone, 10)[0], expected)


def test_the_three_rules_by_hand() -> None:
    items = Table.of(torch.tensor([[3.0, 4.0, -9.0], [0.0, 2.0, 0.5], [0.0, 0.0, 7.0]]), "exact")
    history = np.array([0, 1], dtype=np.int32)
    for rule, expected in (
        ("sum", [3.0, 6.0, -8.5]),
        ("unit-sum", [3 / 106**0.5, 4 / 106**0.5 + 2 / 4.25**0.5, -9 / 106**0.5 + 0.5 / 4.25**0.5]),
        # Factors (.6, .8) and (0, 1), and the bias as it is: every user weighs it by one.
        ("unit-sum-bias", [0.6, 1.8, 1.0]),
    ):
        found = folded_in(items, history, rule)
        torch.testing.assert_close(found, torch.tensor(expected))
    # Without factors there is nothing to scale, and nothing but the bias.
    found = folded_in(items, np.array([2], dtype=np.int32), "unit-sum-bias")
    torch.testing.assert_close(found, torch.tensor([0.0, 0.0, 1.0]))


def test_an_unknown_user_weighs_the_bias_of_implicit_bpr_as_known_ones_do(blocks) -> None:
    parts = fitted("implicit-bpr", graph_of(blocks, torch.float32)).served()
    assert (parts.users[:, -1] == 1).all()
    assert parts.fold_in == "unit-sum-bias"


@pytest.mark.parametrize("name", EXACT)
def test_a_history_is_answered_as_the_user_who_has_it(name: str, blocks) -> None:
    graph = graph_of(blocks, torch.float64)
    model = fitted(name, graph)
    own = ItemLists.from_pairs(blocks.users, blocks.items, graph.n_users)
    seen = Seen(own, 11)
    parts = model.served()
    assert isinstance(parts, SparseProduct | Vectors)
    index = build_index(natural_kind(parts), name, parts, model, seen, graph.n_items)
    users = np.arange(12)
    # Reversed and with a repetition, which must not matter.
    histories = [
        np.append(own.of(int(user))[::-1], own.of(int(user))[:1]).astype(np.int64) for user in users
    ]
    known, known_scores = index.top(users, 10)
    found, scores = index.fold_in(histories, 10)
    if name == "popularity":
        np.testing.assert_allclose(np.diff(scores) / scores[:, :1], np.diff(known_scores) /
                                   known_scores[:, :1], atol=1e-9)  # fmt: skip
    elif isinstance(parts, SparseProduct):
        np.testing.assert_array_equal(scores, known_scores)
    else:
        np.testing.assert_allclose(scores, known_scores, rtol=1e-6)
    # Equal scores are ordered by a hash of the user, who is another one.
    for row in users:
        distinct = np.flatnonzero(np.diff(known_scores[row]) < -1e-9)
        if distinct.size:
            last = int(distinct[-1]) + 1
            assert set(found[row, :last]) == set(known[row, :last])


@pytest.mark.parametrize("kind", ["exact", "int8", "approximate"])
@pytest.mark.parametrize("name", ["bpr-mf", "lightgcn", "ngcf", "directau"])
def test_vectors_give_a_history_the_item_that_was_withheld(name: str, kind: Kind) -> None:
    # A checkerboard: one item of the user's colour is unseen, the only right first answer.
    train, target = withheld()
    model, _ = trained(name)
    scorer = scorer_of(model)
    own = ItemLists.from_pairs(train.users, train.items, N_USERS)
    parts = Vectors(scorer.users, scorer.items)
    index = build_index(kind, name, parts, scorer, Seen(own, 1), N_ITEMS)
    histories = [own.of(user).astype(np.int64) for user in range(N_USERS)]
    found, _ = index.fold_in(histories, 3)
    np.testing.assert_array_equal(found[:, 0], target)
    # Half of a history is enough to tell the colour.
    halves = [history[::2] for history in histories]
    found, _ = index.fold_in(halves, 3)
    assert (found % 2 == (np.arange(N_USERS) % 2)[:, None]).all()


def test_an_empty_history_and_neighbours_of_users_are_refused(
    runs: dict[str, Trained], blocks
) -> None:
    with pytest.raises(InputError, match="a history has no items"):
        runs["lightgcn"].index().fold_in([np.zeros(0, dtype=np.int64)], 5)
    graph = graph_of(blocks, torch.float32)
    model = fitted("userknn", graph)
    seen = Seen(ItemLists.from_pairs(blocks.users, blocks.items, graph.n_users), 0)
    index = build_index("sparse", "userknn", model.served(), model, seen, graph.n_items)
    with pytest.raises(InputError, match="neighbouring users knows nothing of users by their"):
        index.fold_in([np.array([1])], 5)
