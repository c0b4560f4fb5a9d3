"""Computing only what a batch sees gives what computing everything gives."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.graph.reach import EVERYONE
from ecorec.models.lightgcn import LightGCN, LightGCNConfig
from tests.graph.test_propagation import build, dense_adjacency


def sparse_graph(seed: int, n_users: int, n_items: int, n_edges: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    filled = np.zeros((n_users, n_items), dtype=bool)
    filled[rng.integers(0, n_users, n_edges), rng.integers(0, n_items, n_edges)] = True
    return filled


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**31),
    n_edges=st.sampled_from([1, 30, 120]),
    n_layers=st.integers(0, 4),
    with_ego=st.booleans(),
)
def test_sum_and_gradient_at_a_batch(
    seed: int, n_edges: int, n_layers: int, with_ego: bool
) -> None:
    filled = sparse_graph(seed, 40, 50, n_edges)
    graph, matrix = build(filled, "fixed-width"), torch.from_numpy(dense_adjacency(filled))
    n_layers = n_layers if with_ego else n_layers + 1
    nodes = torch.tensor([0, 41, 60, 41])
    leaf = torch.randn(90, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    leaf.requires_grad_()
    seen = graph.reach(nodes, n_hops=n_layers)
    total = graph.sum_layers(leaf, n_layers, with_ego=with_ego, scale=0.3, seen=seen)
    powers = [torch.linalg.matrix_power(matrix, power) for power in range(n_layers + 1)]
    polynomial = 0.3 * sum(powers[0 if with_ego else 1 :], start=torch.zeros_like(matrix))
    expected = polynomial @ leaf.detach()
    torch.testing.assert_close(total[nodes].detach(), expected[nodes], rtol=0, atol=1e-12)
    total[nodes].square().sum().backward()
    weights = torch.zeros_like(expected)
    for node in nodes:
        weights[node] += 2 * expected[node]
    torch.testing.assert_close(leaf.grad, polynomial @ weights, rtol=0, atol=1e-12)


def test_a_sparse_graph_is_cut_and_a_dense_one_is_not() -> None:
    sparse = build(sparse_graph(1, 400, 500, 600), "fixed-width")
    within = sparse.reach(torch.tensor([3]), n_hops=2).within
    assert within[0].rows.tolist() == [3]
    neighbours = sparse.adjacency.indices[slice(*sparse.adjacency.indptr[3:5])]
    assert within[1].rows.tolist() == sorted({3, *neighbours.tolist()})
    everyone = build(np.ones((9, 9), dtype=bool), "fixed-width")
    assert everyone.reach(torch.arange(18), n_hops=2).within == ()


@pytest.mark.parametrize("n_edges", [100, 600])
def test_a_models_step_is_the_same(n_edges: int, monkeypatch) -> None:
    """The loss and every gradient of LightGCN, with the batch's reach and without."""
    filled = sparse_graph(5, 300, 300, n_edges)
    graph = build(filled, "fixed-width")
    batch = PairBatch(torch.tensor([1, 2]), torch.tensor([7, 8]), torch.tensor([9, 7]))

    def step() -> tuple[torch.Tensor, torch.Tensor]:
        model = LightGCN(
            LightGCNConfig(embedding_size=6, n_layers=3), graph, torch.Generator().manual_seed(1)
        )
        loss = model.loss(batch)
        loss.backward()
        return loss.detach(), model.nodes.grad

    cut = step()
    monkeypatch.setattr(BipartiteGraph, "reach", lambda self, *nodes, n_hops: EVERYONE)
    for found, expected in zip(cut, step(), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-15)
