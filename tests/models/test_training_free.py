"""Models without training against dense linear algebra, and by hand; Popularity by counting."""

import tracemalloc

import numpy as np
import psutil
import pytest
import torch

from ecorec.data.interactions import Interactions
from ecorec.data.synthetic import block
from ecorec.errors import InputError
from ecorec.models.ease import EASE, EASEConfig
from ecorec.models.gfcf import GFCF, GFCFConfig
from ecorec.models.itemknn import ItemKNN, ItemKNNConfig
from ecorec.models.popularity import Popularity, PopularityConfig
from ecorec.models.puresvd import PureSVD, PureSVDConfig
from ecorec.models.rp3beta import RP3Beta, RP3BetaConfig
from ecorec.models.slim import SLIM, SLIMConfig
from ecorec.models.turbocf import TurboCF, TurboCFConfig
from ecorec.models.userknn import UserKNN, UserKNNConfig
from tests.conftest import csr_of, graph_of, interactions_of

KNN = [(1, 0.0), (5, 10.0), (1000, 2.5)]


def scores_of(model, interactions) -> np.ndarray:
    model.fit(graph_of(interactions))
    return model.scores(torch.arange(interactions.n_users)).numpy()


def strongest(matrix: np.ndarray, n_kept: int) -> np.ndarray:
    kept = matrix.copy()
    for row in kept:
        row[np.lexsort((np.arange(row.size), -row))[n_kept:]] = 0
    return kept


def neighbours(filled: np.ndarray, n_neighbours: int, shrinkage: float) -> np.ndarray:
    norms = np.sqrt(filled.sum(axis=0))
    similarity = (filled.T @ filled) / (np.outer(norms, norms) + shrinkage)
    np.fill_diagonal(similarity, 0)
    return strongest(similarity, n_neighbours)


@pytest.mark.parametrize(("n_neighbours", "shrinkage"), KNN)
def test_itemknn_equals_dense_algebra(blocks, n_neighbours: int, shrinkage: float) -> None:
    model = ItemKNN(ItemKNNConfig(n_neighbours=n_neighbours, shrinkage=shrinkage))
    filled = csr_of(blocks).toarray()
    expected = filled @ neighbours(filled, n_neighbours, shrinkage).T
    np.testing.assert_allclose(scores_of(model, blocks), expected, atol=1e-12)


def test_itemknn_by_hand() -> None:
    # Items 0 and 1 share both users (cosine 1), item 2 shares one of two with each.
    train = interactions_of([(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)], 3, 3)
    share = 1 / np.sqrt(2)
    expected = [[1, 1, 2 * share], [1 + share, 1 + share, 2 * share], [0, 0, 0]]
    found = scores_of(ItemKNN(ItemKNNConfig(n_neighbours=2, shrinkage=0.0)), train)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize(("n_neighbours", "shrinkage"), KNN)
def test_userknn_equals_dense_algebra(blocks, n_neighbours: int, shrinkage: float) -> None:
    model = UserKNN(UserKNNConfig(n_neighbours=n_neighbours, shrinkage=shrinkage))
    filled = csr_of(blocks).toarray()
    expected = neighbours(filled.T, n_neighbours, shrinkage) @ filled
    np.testing.assert_allclose(scores_of(model, blocks), expected, atol=1e-12)


def test_userknn_by_hand() -> None:
    # Users 0 and 1 share items 0 and 1 (of 2 and 3), user 2 shares item 2 with user 1 only.
    train = interactions_of([(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 2)], 3, 3)
    near, far = 2 / np.sqrt(6), 1 / np.sqrt(3)
    expected = [[near, near, near], [near, near, 0], [far, far, far]]
    # One neighbour: user 1's is user 0 (.82), not user 2 (.58).
    found = scores_of(UserKNN(UserKNNConfig(n_neighbours=1, shrinkage=0.0)), train)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("alpha", "beta", "n_neighbours"), [(1.0, 0.6, 1000), (0.7, 0.0, 1000), (1.4, 1.0, 3)]
)
def test_rp3beta_equals_dense_algebra(blocks, alpha, beta, n_neighbours) -> None:
    model = RP3Beta(RP3BetaConfig(alpha=alpha, beta=beta, n_neighbours=n_neighbours))
    filled = csr_of(blocks).toarray()
    to_user = (filled / filled.sum(axis=0)).T ** alpha
    to_item = (filled / filled.sum(axis=1, keepdims=True)) ** alpha
    weights = (to_user @ to_item) / filled.sum(axis=0) ** beta
    np.fill_diagonal(weights, 0)
    expected = filled @ strongest(weights, n_neighbours)
    np.testing.assert_allclose(scores_of(model, blocks), expected, atol=1e-12)


def test_rp3beta_by_hand() -> None:
    # From item 0 to its only user and on to item 1, one of two: 1/2, over sqrt(2) owners.
    train = interactions_of([(0, 0), (0, 1), (1, 1)], 2, 2)
    found = scores_of(RP3Beta(RP3BetaConfig(beta=0.5)), train)
    # Back from item 1: to user 0 with 1/2, on to item 0 with 1/2, which has one owner.
    np.testing.assert_allclose(found, [[1 / 4, 1 / np.sqrt(8)], [1 / 4, 0]], atol=1e-12)


def test_puresvd_equals_dense_decomposition(blocks) -> None:
    found = scores_of(PureSVD(PureSVDConfig(n_factors=7)), blocks)
    left, values, right = np.linalg.svd(csr_of(blocks).toarray())
    np.testing.assert_allclose(found, left[:, :7] * values[:7] @ right[:7], atol=1e-9)


def test_puresvd_converges_where_its_subspace_is_small() -> None:
    train = block(400, 300, 5, 30, 0.05, seed=1)
    left, values, right = np.linalg.svd(csr_of(train).toarray(), full_matrices=False)
    expected = left[:, :5] * values[:5] @ right[:5]
    far, near = (
        np.abs(scores_of(PureSVD(PureSVDConfig(n_factors=5, n_rounds=n)), train) - expected).max()
        for n in (1, 30)
    )
    assert near < 1e-9 < far


def test_puresvd_by_hand() -> None:
    # Two blocks: of rank one each, the larger is what one factor keeps.
    train = interactions_of([(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)], 3, 3)
    found = scores_of(PureSVD(PureSVDConfig(n_factors=1)), train)
    np.testing.assert_allclose(found, [[1, 1, 0], [1, 1, 0], [0, 0, 0]], atol=1e-9)


def test_ease_equals_dense_inverse(blocks) -> None:
    filled = csr_of(blocks).toarray()
    inverse = np.linalg.inv(filled.T @ filled + 20 * np.eye(filled.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    found = scores_of(EASE(EASEConfig(l2_weight=20)), blocks)
    np.testing.assert_allclose(found, filled @ weights, atol=1e-9)


def test_ease_by_hand() -> None:
    # One common user, two owners of item 0 and one of item 1: ridge regression of one variable.
    train = interactions_of([(0, 0), (0, 1), (1, 0)], 2, 2)
    found = scores_of(EASE(EASEConfig(l2_weight=1)), train)
    np.testing.assert_allclose(found, [[1 / 2, 1 / 3], [0, 1 / 3]], atol=1e-12)


def twins(n_users: int) -> Interactions:
    """Interactions with five items, two of which have the same users: nearly all of them."""
    filled = np.random.default_rng(1).random((n_users, 5)) < [0.9, 0.3, 0.2, 0.1, 0]
    filled[:, 4] = filled[:, 0]
    return interactions_of(np.argwhere(filled), n_users, 5)


@pytest.mark.parametrize("l2", [1e-6, 1e-3, 0.1, 500.0])
def test_ease_in_float32_has_the_weights_of_float64(l2: float) -> None:
    train = twins(20_000)
    filled = csr_of(train).toarray()
    inverse = np.linalg.inv(filled.T @ filled + l2 * np.eye(5))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    model = EASE(EASEConfig(l2_weight=l2))
    model.fit(graph_of(train, torch.float32))
    found = model.state()["weights"]
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_ease_refuses_a_weight_that_no_number_holds_beside_the_counts() -> None:
    train = interactions_of([(user, item) for user in range(4) for item in range(2)], 4, 2)
    refused = r"l2_weight = 1e-30 is lost beside the 4 users of an item"
    with pytest.raises(InputError, match=refused) as caught:
        EASE(EASEConfig(l2_weight=1e-30)).fit(graph_of(train))
    assert caught.value.hint == "give at least 4e-10"
    EASE(EASEConfig(l2_weight=4e-10)).fit(graph_of(train))


def test_ease_refuses_what_does_not_fit(blocks, monkeypatch) -> None:
    class Full:
        available = 3 * 60**2 * 8 - 1

    monkeypatch.setattr(psutil, "virtual_memory", lambda: Full)
    with pytest.raises(InputError, match=r"EASE on 60 items needs 0\.0 GiB .* 0\.0 GiB are free"):
        EASE(EASEConfig()).fit(graph_of(blocks))
    Full.available += 1
    EASE(EASEConfig()).fit(graph_of(blocks))


@pytest.mark.parametrize(("l1", "l2"), [(1.0, 1.0), (0.0, 5.0), (3.0, 0.5)])
def test_slim_meets_the_conditions_of_the_optimum(blocks, l1: float, l2: float) -> None:
    model = SLIM(SLIMConfig(l1_weight=l1, l2_weight=l2, tolerance=1e-13, n_rounds=10000))
    filled = csr_of(blocks).toarray()
    found = scores_of(model, blocks)
    weights = np.linalg.lstsq(filled, found, rcond=None)[0]
    np.testing.assert_allclose(weights.diagonal(), 0, atol=1e-9)
    gram = filled.T @ filled
    gradient = gram @ weights - gram + l2 * weights + l1
    np.fill_diagonal(gradient, 0)
    assert weights.min() > -1e-9
    np.testing.assert_allclose(gradient[weights > 1e-7], 0, atol=1e-7)
    assert gradient.min() > -1e-7
    assert 0.01 < model.n_parameters / gram.size < (0.6 if l1 else 1)


def test_slim_by_hand() -> None:
    # One common user of two owners of item 0 and three of item 1: (c - l1) / (owners + l2).
    train = interactions_of([(0, 0), (0, 1), (1, 0), (2, 1), (3, 1)], 4, 2)
    found = scores_of(SLIM(SLIMConfig(l1_weight=0.25, l2_weight=1)), train)
    from_0, from_1 = 0.75 / 3, 0.75 / 4
    expected = [[from_1, from_0], [0, from_0], [from_1, 0], [from_1, 0]]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def normalized(filled: np.ndarray, of_users: float, of_items: float) -> np.ndarray:
    scaled = filled * filled.sum(axis=1, keepdims=True) ** -of_users
    return scaled * filled.sum(axis=0) ** -of_items


def test_gfcf_equals_dense_algebra(blocks) -> None:
    filled = csr_of(blocks).toarray()
    adjacency = normalized(filled, 0.5, 0.5)
    vectors = np.linalg.svd(adjacency)[2][:9].T
    root = np.sqrt(filled.sum(axis=0))
    ideal = vectors / root[:, None] @ (vectors * root[:, None]).T
    expected = filled @ (adjacency.T @ adjacency + 0.4 * ideal)
    found = scores_of(GFCF(GFCFConfig(n_factors=9, ideal_weight=0.4)), blocks)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_gfcf_by_hand() -> None:
    # Two items with the same two users: every entry of the graph is 1/2, and so is the projection.
    train = interactions_of([(0, 0), (0, 1), (1, 0), (1, 1)], 2, 2)
    found = scores_of(GFCF(GFCFConfig(n_factors=1, ideal_weight=0.3)), train)
    np.testing.assert_allclose(found, np.full((2, 2), 1.3), atol=1e-12)


@pytest.mark.parametrize("kept", [None, 7])
@pytest.mark.parametrize("filter_", ["linear", "second-order", "third-order"])
def test_turbocf_equals_dense_algebra(blocks, filter_: str, kept: int | None) -> None:
    filled = csr_of(blocks).toarray()
    adjacency = normalized(filled, 0.6, 0.4)
    p = strongest(adjacency.T @ adjacency, kept or 60) ** 0.7
    polynomial = {
        "linear": p,
        "second-order": 2 * p - p @ p,
        "third-order": p + 0.01 * (-p @ p @ p + 10 * p @ p - 29 * p),
    }[filter_]
    model = TurboCF(TurboCFConfig(filter=filter_, n_neighbours=kept))
    np.testing.assert_allclose(scores_of(model, blocks), filled @ polynomial, atol=1e-9)


def test_turbocf_multiplies_as_torch_does_on_the_threads_of_the_run() -> None:
    # numpy's BLAS takes every core whatever a run asks for; its other order of sums betrays it.
    graph = graph_of(block(300, 1200, 1, 200, 0.4, seed=3), torch.float32)
    linear, quadratic = (TurboCF(TurboCFConfig(filter=f)) for f in ("linear", "second-order"))
    linear.fit(graph)
    quadratic.fit(graph)
    once, items_graph = linear.scores(torch.arange(300)), linear.served().right
    assert isinstance(items_graph, np.ndarray)
    expected = 2 * once - once @ torch.from_numpy(items_graph)
    assert torch.equal(quadratic.scores(torch.arange(300)), expected)


def test_turbocf_by_hand() -> None:
    # As GF-CF's graph at alpha 1/2: every edge 1/2, to the power 2 a quarter, two items each.
    train = interactions_of([(0, 0), (0, 1), (1, 0), (1, 1)], 2, 2)
    found = scores_of(TurboCF(TurboCFConfig(alpha=0.5, power=2)), train)
    np.testing.assert_allclose(found, np.full((2, 2), 0.5), atol=1e-12)


SUMS_OF_ROWS = (
    ItemKNN(ItemKNNConfig()),
    UserKNN(UserKNNConfig()),
    RP3Beta(RP3BetaConfig()),
    SLIM(SLIMConfig()),
    EASE(EASEConfig()),
    TurboCF(TurboCFConfig(filter="second-order")),
    GFCF(GFCFConfig(n_factors=8)),
)


@pytest.mark.parametrize("model", SUMS_OF_ROWS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("restored", [False, True])
def test_one_user_is_scored_without_a_copy_of_everyone(model, restored: bool) -> None:
    graph = graph_of(train := block(600, 40, 2, 10, 0.1, seed=3), torch.float32)
    model.fit(graph)
    if restored:
        model.restore(model.state(), graph)
    model.scores(user := torch.tensor([5]))  # compiles
    tracemalloc.start()
    model.scores(user)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # One float32 for each interaction, or for each of as many neighbours, would be four bytes.
    assert peak < len(train)


def test_popularity_counts() -> None:
    train = interactions_of([(0, 2), (1, 2), (1, 0)], 2, 3)
    model = Popularity(PopularityConfig())
    model.fit(graph_of(train))
    assert model.scores(torch.tensor([0, 1])).tolist() == [[1, 0, 2], [1, 0, 2]]
