"""The graph of common users against dense algebra."""

import numpy as np
import pytest
import torch

from ecorec.data.interactions import Interactions
from ecorec.models.item_graph import strongest_neighbours
from tests.conftest import graph_of, interactions_of


def dense_weights(train: Interactions) -> np.ndarray:
    ones = graph_of(train).interactions().toarray()
    common = ones.T @ ones
    sums = common.sum(axis=1)
    return common / np.maximum(sums, 1)[:, None] * np.sqrt((sums[:, None] + 1) / (sums + 1))


@pytest.mark.parametrize("n_neighbours", [1, 7, 500])
def test_neighbours_are_the_strongest_and_their_weights_those_of_the_formula(
    blocks, n_neighbours: int
) -> None:
    found = strongest_neighbours(graph_of(blocks), n_neighbours)
    neighbours, weights = (part.numpy() for part in found)
    expected = dense_weights(blocks)
    n_kept = min(n_neighbours, blocks.n_items)
    assert neighbours.shape == (blocks.n_items, n_kept)
    # Ties go to the lower item, as nowhere does chance decide.
    order = np.argsort(-expected.round(12), axis=1, kind="stable")[:, :n_kept]
    is_there = weights > 0
    np.testing.assert_array_equal(neighbours[is_there], order[is_there])
    np.testing.assert_allclose(weights, np.take_along_axis(expected, order, 1), atol=1e-15)


def test_an_item_with_few_neighbours_has_itself_with_weight_zero_instead() -> None:
    # Items 0 and 2 share both users, item 1 has one user of its own, nobody has item 3.
    train = interactions_of([(0, 0), (0, 2), (1, 0), (1, 2), (2, 1)], 3, 4)
    neighbours, weights = strongest_neighbours(graph_of(train), 3)
    assert neighbours.tolist() == [[0, 2, 0], [1, 1, 1], [0, 2, 2], [3, 3, 3]]
    expected = torch.tensor([[0.5, 0.5, 0], [1, 0, 0], [0.5, 0.5, 0], [0, 0, 0]])
    torch.testing.assert_close(weights, expected.double())
