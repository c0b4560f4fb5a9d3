"""Sparse products row by row against dense ones, in blocks and with ties."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from ecorec.models import neighbours
from ecorec.models.neighbours import compact, rows_of_product, strongest


@settings(max_examples=60)
@given(st.integers(0, 2**31), st.integers(1, 12), st.integers(1, 12), st.booleans())
def test_strongest_equals_sorted_dense_product(seed, n_nodes, n_kept, with_self) -> None:
    rng = np.random.default_rng(seed)
    # Few values, so that ties are common.
    left = rng.integers(0, 3, (n_nodes, 5)) * 1.0
    right = rng.integers(0, 3, (5, n_nodes)) * 1.0
    norms = rng.integers(1, 3, n_nodes) * 1.0
    expected = (left @ right) / (np.outer(norms, norms) + 0.5)
    if not with_self:
        np.fill_diagonal(expected, 0)
    for row in expected:
        row[np.lexsort((np.arange(n_nodes), -row))[n_kept:]] = 0
    found = strongest(
        sparse.csr_array(left), sparse.csr_array(right), n_kept,
        norms=norms, shrinkage=0.5, with_self=with_self,
    )  # fmt: skip
    np.testing.assert_allclose(found.toarray(), expected, atol=1e-12)
    assert found.nnz == (expected > 0).sum()
    assert found.has_canonical_format


def test_blocks_change_nothing(monkeypatch) -> None:
    matrix = sparse.csr_array(np.random.default_rng(1).integers(0, 2, (40, 30)) * 1.0)
    whole = strongest(matrix, matrix.T.tocsr(), 4)
    monkeypatch.setattr(neighbours, "ENTRIES_PER_BLOCK", 12)
    parts = strongest(matrix, matrix.T.tocsr(), 4)
    np.testing.assert_array_equal(parts.toarray(), whole.toarray())
    assert whole.nnz == 160


def test_a_product_too_small_for_a_number_is_one_entry_all_the_same() -> None:
    # As weights to a high power are (rp3beta with alpha = 100): 1e-200 times 1e-200 is 0.
    left, right = np.zeros((64, 5)), np.zeros((5, 64))
    left[0], right[:, 3], right[4, 7] = 1e-200, 1e-200, 1.0
    found = strongest(sparse.csr_array(left), sparse.csr_array(right), None)
    assert found.indices.tolist() == [3, 7]
    assert found.data.tolist() == [0.0, 1e-200]


@pytest.mark.parametrize("n_kept", [None, 5000])
def test_a_sparse_product_takes_memory_by_its_entries_not_by_its_shape(n_kept) -> None:
    size = 5000
    ring = sparse.eye_array(size) + sparse.eye_array(size, k=1)
    matrix = ring.tocsr()
    strongest(matrix[:2], matrix, n_kept)  # compiles
    tracemalloc.start()
    found = strongest(matrix, matrix, n_kept, with_self=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found != matrix @ matrix).nnz == 0
    # Four terms a row; twelve bytes for each pair of columns would be 300 MB.
    assert peak < 500 * size


@pytest.mark.parametrize("is_dense", [True, False])
def test_rows_of_product(is_dense: bool) -> None:
    rng = np.random.default_rng(2)
    left = rng.integers(0, 2, (9, 6)) * rng.random((9, 6))
    right = rng.integers(0, 2, (6, 7)) * rng.random((6, 7))
    rows = np.array([8, 0, 3, 3])
    found = rows_of_product(
        sparse.csr_array(left), right if is_dense else sparse.csr_array(right), rows
    )
    np.testing.assert_allclose(found, (left @ right)[rows], atol=1e-12)


def test_a_full_matrix_is_held_densely_and_a_thin_one_is_not() -> None:
    full, thin = np.ones((4, 4)), np.eye(8)
    assert isinstance(compact(sparse.csr_array(full)), np.ndarray)
    assert sparse.issparse(compact(sparse.csr_array(thin)))
