"""Propagation against dense linear algebra, on graphs with isolated nodes and hubs."""

import numba
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ecorec.graph import layout, tables
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.graph.low_rank import truncated_svd
from tests.conftest import csr_of, graph_of

KERNELS = ("fixed-width", "library", "edge-wise")


@st.composite
def bipartite(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """A filled matrix of users x items, and node embeddings of a width that both allow."""
    n_users, n_items = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    seed = draw(st.integers(0, 2**31))
    rng = np.random.default_rng(seed)
    filled = rng.random((n_users, n_items)) < draw(st.sampled_from([0.05, 0.3, 1.0]))
    filled[rng.integers(n_users), rng.integers(n_items)] = True
    if draw(st.booleans()):
        filled[0] = True  # a hub
    width = draw(st.sampled_from([1, 3, 8, 17, 64, 70, 96]))
    return filled, rng.standard_normal((n_users + n_items, width))


def dense_adjacency(filled: np.ndarray) -> np.ndarray:
    n_users, n_items = filled.shape
    matrix = np.zeros((n_users + n_items,) * 2)
    matrix[:n_users, n_users:] = filled
    matrix[n_users:, :n_users] = filled.T
    degrees = matrix.sum(axis=1)
    scale = np.where(degrees > 0, 1 / np.sqrt(np.maximum(degrees, 1)), 0)
    return scale[:, None] * matrix * scale


def build(filled: np.ndarray, kernel: str, dtype: torch.dtype = torch.float64) -> BipartiteGraph:
    users, items = np.nonzero(filled)
    shuffled = np.random.default_rng(0).permutation(users.size)
    return BipartiteGraph(
        users[shuffled], items[shuffled], *filled.shape, dtype=dtype, kernel=kernel
    )


@pytest.mark.parametrize("reads_that_pay", [0, 10**9])
@settings(max_examples=40)
@given(case=bipartite())
def test_a_table_that_is_cut_and_one_that_is_read_in_place_give_the_same_bits(
    reads_that_pay: int, case
) -> None:
    filled, embeddings = case
    n_users, n_items = filled.shape
    graph, table = build(filled, "fixed-width"), torch.from_numpy(embeddings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "READS_THAT_PAY", reads_that_pay)
        chosen = layout.layout(n_users, n_items, 2 * int(filled.sum()), table.shape[1], 8)
        assert chosen.cut or (reads_that_pay and table.shape[1] % chosen.columns == 0)
        found = graph.propagate(table)
    np.testing.assert_allclose(found, dense_adjacency(filled) @ embeddings, atol=1e-12)
    # The order of the additions is that of the edges, however the table is gone through.
    padded = torch.nn.functional.pad(table, (0, 1))
    assert torch.equal(graph.propagate(padded)[:, :-1], found)


def test_products_with_large_tables_cut_them_into_memory_that_is_kept(monkeypatch) -> None:
    monkeypatch.setattr(tables, "LARGE_BYTES", 0)
    monkeypatch.setattr(tables, "_shelf", shelf := tables.Shelf())
    monkeypatch.setattr(layout, "READS_THAT_PAY", 0)
    filled = np.random.default_rng(3).random((8, 9)) < 0.5
    graph, table = build(filled, "fixed-width"), torch.ones(17, 8, dtype=torch.float64)
    for _ in range(3):
        graph.propagate(table)
    assert len(shelf._kept) == 2  # the product, and the blocks of `table`


@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=40)
@given(case=bipartite())
def test_product_and_gradient_equal_dense_algebra(kernel: str, case) -> None:
    filled, embeddings = case
    graph = build(filled, kernel)
    expected = dense_adjacency(filled)
    leaf = torch.from_numpy(embeddings).requires_grad_()
    product = graph.propagate(leaf)
    np.testing.assert_allclose(product.detach().numpy(), expected @ embeddings, atol=1e-12)
    weights = torch.linspace(-1, 1, product.numel(), dtype=torch.float64).reshape(product.shape)
    (product * weights).sum().backward()
    np.testing.assert_allclose(leaf.grad.numpy(), expected.T @ weights.numpy(), atol=1e-12)


def test_float32_is_float32_and_close() -> None:
    filled = np.random.default_rng(1).random((40, 30)) < 0.2
    embeddings = torch.randn(70, 64, generator=torch.Generator().manual_seed(1))
    product = build(filled, "fixed-width", torch.float32).propagate(embeddings)
    expected = dense_adjacency(filled) @ embeddings.double().numpy()
    assert product.dtype == torch.float32
    assert np.linalg.norm(product.numpy() - expected) <= 1e-6 * np.linalg.norm(expected)


def test_result_does_not_depend_on_the_number_of_threads(two_threads) -> None:
    filled = np.random.default_rng(2).random((80, 50)) < 0.3
    embeddings = torch.randn(130, 32, generator=torch.Generator().manual_seed(2))
    graph = build(filled, "fixed-width", torch.float32)
    many = graph.propagate(embeddings)
    numba.set_num_threads(1)
    assert torch.equal(graph.propagate(embeddings), many)


def test_interactions_come_back_as_they_went_in(blocks) -> None:
    graph = graph_of(blocks)
    assert (graph.interactions() != csr_of(blocks)).nnz == 0
    top = dense_adjacency(csr_of(blocks).toarray())[: blocks.n_users, blocks.n_users :]
    np.testing.assert_allclose(graph.normalized_interactions().toarray(), top, atol=1e-15)


def test_truncated_svd_finds_the_leading_triples(blocks) -> None:
    graph = graph_of(blocks)
    matrix = graph.normalized_interactions().toarray()
    exact = np.linalg.svd(matrix, compute_uv=False)
    left, s, right = truncated_svd(graph, 5, 200, torch.Generator().manual_seed(1))
    np.testing.assert_allclose(s.numpy(), exact[:5], rtol=1e-3)
    residual = matrix - (left * s @ right.T).numpy()
    # The best rank-5 residual in norm is the tail of the spectrum (Eckart and Young).
    assert np.linalg.norm(residual) <= 1.001 * np.sqrt((exact[5:] ** 2).sum())
