"""The graph of common users, block by block, against dense algebra."""

import numpy as np
import pytest

from ecorec.graph import item_graph
from ecorec.graph.item_graph import strongest_neighbours
from tests.conftest import graph_of


@pytest.mark.parametrize("n_neighbours", [1, 7, 500])
def test_neighbours_are_the_strongest_and_their_weights_those_of_the_formula(
    blocks, n_neighbours: int, monkeypatch
) -> None:
    monkeypatch.setattr(item_graph, "ITEMS_PER_BLOCK", 13)
    graph = graph_of(blocks)
    ones = graph.interactions().toarray()
    common = ones.T @ ones
    sums = common.sum(axis=1)
    expected = common / sums[:, None] * np.sqrt((sums[:, None] + 1) / (sums + 1))
    neighbours, weights = (part.numpy() for part in strongest_neighbours(graph, n_neighbours))
    n_kept = min(n_neighbours, graph.n_items)
    assert neighbours.shape == (graph.n_items, n_kept)
    np.testing.assert_allclose(weights, -np.sort(-expected, axis=1)[:, :n_kept], atol=1e-15)
    np.testing.assert_allclose(np.take_along_axis(expected, neighbours, 1), weights, atol=1e-15)
