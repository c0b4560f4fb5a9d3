"""Random parts of the graph: how much is left, of what, and that the rest is unbiased."""

import numpy as np
import pytest
import torch

from ecorec.graph.augmentation import DroppedEdges, opposite_edges, views
from ecorec.graph.bipartite import BipartiteGraph
from tests.conftest import graph_of, interactions_of


def pairs_of(graph: BipartiteGraph) -> set[tuple[int, int]]:
    return set(zip(*graph.interactions().nonzero(), strict=True))


def rng(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_an_edge_view_is_a_sample_without_replacement(blocks) -> None:
    graph = graph_of(blocks)
    one, same = views(graph, "edge", 0.25, 2, rng())
    assert one is same
    assert pairs_of(one) < pairs_of(graph)
    assert len(pairs_of(one)) == int(len(blocks) * 0.75)
    again, other = views(graph, "edge", 0.25, 1, rng())[0], views(graph, "edge", 0.25, 1, rng(2))[0]
    assert pairs_of(again) == pairs_of(one) != pairs_of(other)


def test_every_interaction_is_dropped_equally_often() -> None:
    graph = graph_of(interactions_of([(u, i) for u in range(4) for i in range(5)], 4, 5))
    generator = rng()
    left = sum(
        views(graph, "edge", 0.4, 1, generator)[0].interactions().toarray() for _ in range(2000)
    )
    # 2,000 draws that keep 12 of 20: a standard deviation is 22, and sqrt(2000 / 4) at most.
    assert np.abs(left - 1200).max() < 5 * 22


def test_a_node_view_lacks_whole_users_and_items() -> None:
    graph = graph_of(interactions_of([(u, i) for u in range(10) for i in range(20)], 10, 20))
    one = views(graph, "node", 0.3, 1, rng())[0].interactions().toarray()
    assert sorted(one.sum(axis=1)) == [0] * 3 + [14] * 7
    assert sorted(one.sum(axis=0)) == [0] * 6 + [7] * 14


def test_a_walk_has_another_graph_in_each_layer(blocks) -> None:
    layers = views(graph_of(blocks), "walk", 0.25, 3, rng())
    assert len({frozenset(pairs_of(layer)) for layer in layers}) == 3


def test_a_view_is_normalised_by_its_own_degrees(blocks) -> None:
    view = views(graph_of(blocks), "edge", 0.5, 1, rng())[0]
    ones = view.interactions().toarray()
    degrees = np.maximum(ones.sum(axis=1), 1)[:, None] * np.maximum(ones.sum(axis=0), 1)
    expected = ones / np.sqrt(degrees)
    np.testing.assert_allclose(view.normalized_interactions().toarray(), expected, atol=1e-15)


def test_opposite_edges_lead_back(blocks) -> None:
    adjacency = graph_of(blocks).adjacency
    targets = np.repeat(np.arange(adjacency.n_nodes), np.diff(adjacency.indptr))
    back = opposite_edges(adjacency)
    np.testing.assert_array_equal(targets[back], adjacency.indices)
    np.testing.assert_array_equal(adjacency.indices[back], targets)


@pytest.mark.parametrize("kernel", ["fixed-width", "library", "edge-wise"])
def test_dropped_edges_have_the_gradient_of_their_product(blocks, kernel: str) -> None:
    graph = BipartiteGraph(
        blocks.users, blocks.items, blocks.n_users, blocks.n_items,
        dtype=torch.float64, kernel=kernel,
    )  # fmt: skip
    dropped = DroppedEdges(graph)
    nodes = torch.randn(graph.n_nodes, 3, generator=rng(), dtype=torch.float64).requires_grad_()
    matrix = dropped.propagate(torch.eye(graph.n_nodes, dtype=torch.float64), 0.3, rng(7))
    found = dropped.propagate(nodes, 0.3, rng(7))
    torch.testing.assert_close(found, matrix @ nodes, rtol=1e-12, atol=1e-14)
    direction = torch.randn(found.shape, generator=rng(3), dtype=torch.float64)
    (gradient,) = torch.autograd.grad((found * direction).sum(), nodes)
    torch.testing.assert_close(gradient, matrix.T @ direction, rtol=1e-12, atol=1e-14)
    assert not torch.equal(matrix, matrix.T)


def test_dropped_edges_are_right_on_average(blocks) -> None:
    graph = graph_of(blocks)
    dropped, generator = DroppedEdges(graph), rng()
    eye = torch.eye(graph.n_nodes, dtype=torch.float64)
    draws, share = 400, 0.3
    mean = sum(dropped.propagate(eye, share, generator) for _ in range(draws)) / draws
    whole = graph.propagate(eye)
    deviation = whole * (share / (1 - share) / draws) ** 0.5
    # Largest of 2,000 entries; a scale of 1 instead of 1 / 0.7 would be off by 9 deviations.
    assert ((mean - whole).abs() <= 5 * deviation + 1e-12).all()
