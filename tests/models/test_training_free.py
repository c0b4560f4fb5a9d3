"""ItemKNN against dense linear algebra, Popularity against counting."""

import numpy as np
import pytest
import torch

from ecorec.models.itemknn import ItemKNN, ItemKNNConfig
from ecorec.models.popularity import Popularity, PopularityConfig
from tests.conftest import graph_of, interactions_of


def dense_scores(filled: np.ndarray, n_neighbours: int, shrinkage: float) -> np.ndarray:
    norms = np.sqrt(filled.sum(axis=0))
    similarity = (filled.T @ filled) / (np.outer(norms, norms) + shrinkage)
    np.fill_diagonal(similarity, 0)
    for item in range(similarity.shape[0]):
        order = np.lexsort((np.arange(similarity.shape[0]), -similarity[item]))
        similarity[item, order[n_neighbours:]] = 0
    return filled @ similarity.T


@pytest.mark.parametrize(("n_neighbours", "shrinkage"), [(1, 0.0), (5, 10.0), (1000, 2.5)])
def test_itemknn_equals_dense_algebra(blocks, n_neighbours: int, shrinkage: float) -> None:
    model = ItemKNN(ItemKNNConfig(n_neighbours=n_neighbours, shrinkage=shrinkage))
    model.fit(graph_of(blocks))
    expected = dense_scores(blocks.to_csr().toarray(), n_neighbours, shrinkage)
    found = model.scores(torch.arange(blocks.n_users)).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_itemknn_by_hand() -> None:
    # Items 0 and 1 share both users (cosine 1), item 2 shares one of two with each.
    train = interactions_of([(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)], 3, 3)
    model = ItemKNN(ItemKNNConfig(n_neighbours=2, shrinkage=0.0))
    model.fit(graph_of(train))
    share = 1 / np.sqrt(2)
    expected = [[1, 1, 2 * share], [1 + share, 1 + share, 2 * share], [0, 0, 0]]
    np.testing.assert_allclose(model.scores(torch.arange(3)).numpy(), expected, atol=1e-12)


def test_popularity_counts() -> None:
    train = interactions_of([(0, 2), (1, 2), (1, 0)], 2, 3)
    model = Popularity(PopularityConfig())
    model.fit(graph_of(train))
    assert model.scores(torch.tensor([0, 1])).tolist() == [[1, 0, 2], [1, 0, 2]]
