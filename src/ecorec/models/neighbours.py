"""Products of sparse matrices row by row: the strongest entries of each, or scores of users.

Neighbourhood models and graph filters are such products. A row is summed in an array as wide as
the result and only its strongest entries are kept, so that nothing of size users x items or
items x items exists. Each row is summed by one thread in the order of its entries, so that the
result does not depend on the number of threads. Checked against dense linear algebra in
`tests/models/test_neighbours.py`.
"""

from typing import Any

import numba
import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy import ndarray
from scipy import sparse
from torch import Tensor

from ecorec.graph.adjacency import numpy_dtype
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models import row_loops
from ecorec.models.served import SparseProduct

ENTRIES_PER_BLOCK = 2**22
"""Entries that there is room for before those that exist are packed: 50 MB at a time."""


def strongest(
    left: "sparse.csr_array[Any]",
    right: "sparse.csr_array[Any]",
    n_kept: int | None,
    *,
    norms: Float[ndarray, " nodes"] | None = None,
    shrinkage: float = 0.0,
    with_self: bool = False,
) -> "sparse.csr_array[Any]":
    """Return the product of two matrices with the largest entries of each row.

    Args:
        left: Entries >= 0.
        right: Entries >= 0.
        n_kept: Entries per row at most, ties to the lower column; all if `None`.
        norms: If given, entry (i, j) is divided by norms[i] * norms[j] + shrinkage first.
        shrinkage: Goes with `norms`.
        with_self: Whether the diagonal may be kept.
    """
    n_rows, n_columns = left.shape[0], right.shape[1]
    most = _most_entries(left, right, n_columns if n_kept is None else n_kept)
    ends = np.cumsum(most)
    divisors = np.ones(max(n_rows, n_columns)) if norms is None else norms
    indices, values, counts = [], [], np.empty(n_rows, dtype=np.int64)
    start = 0
    while start < n_rows:
        before = ends[start] - most[start]
        stop = max(start + 1, np.searchsorted(ends, before + ENTRIES_PER_BLOCK, side="right"))
        places = np.concatenate([[0], ends[start:stop] - before])
        columns, sums = np.empty(places[-1], dtype=np.int32), np.empty(places[-1])
        row_loops.strongest_entries(
            *(left.indptr, left.indices, left.data, right.indptr, right.indices, right.data),
            *(divisors, float(shrinkage), with_self, start, numba.get_num_threads()),
            *(places, columns, sums, counts[start:stop]),
        )
        found, room = counts[start:stop], most[start:stop]
        runs = np.stack([found, room - found], axis=1).ravel()
        filled = np.repeat(np.tile([True, False], found.size), runs)
        indices.append(columns[filled])
        values.append(sums[filled])
        start = stop
    arrays = [np.concatenate(part) for part in (values, indices)]
    indptr = np.concatenate([[0], np.cumsum(counts)])
    if indptr[-1] < 2**31:
        indptr = indptr.astype(np.int32)  # or scipy widens the indices, and doubles what is read
    product = sparse.csr_array((arrays[0], arrays[1], indptr), shape=(n_rows, n_columns))
    product.sort_indices()
    return product


def _most_entries(
    left: "sparse.csr_array[Any]", right: "sparse.csr_array[Any]", n_kept: int
) -> Int64[ndarray, " rows"]:
    """Return how many entries of each row of a product there can be to keep."""
    # A sum has a term for each entry of each row of `right` that it reads.
    n_terms = np.diff(right.indptr)[left.indices]
    until = np.concatenate([[0], np.cumsum(n_terms, dtype=np.int64)])[left.indptr]
    return np.minimum(np.diff(until), min(n_kept, right.shape[1]))


def rows_of_product(
    left: "sparse.csr_array[Any]",
    right: "sparse.csr_array[Any] | Float[ndarray, 'columns width']",
    rows: Int64[ndarray, " batch"],
) -> Float[ndarray, "batch width"]:
    """Return some rows of a product.

    Args:
        left: In the dtype of `right`, or it is converted whole at every call: see `converted`.
        right: May be dense.
        rows: Which.
    """
    out = np.zeros((rows.size, right.shape[1]), dtype=right.dtype)
    values = left.data.astype(right.dtype, copy=False)
    if isinstance(right, ndarray):
        row_loops.rows_of_dense(left.indptr, left.indices, values, right, rows, out)
    else:
        arrays = (right.indptr, right.indices, right.data)
        row_loops.rows_of_sparse(left.indptr, left.indices, values, *arrays, rows, out)
    return out


def converted(
    matrix: "sparse.csr_array[Any]", dtype: "np.dtype[np.floating]"
) -> "sparse.csr_array[Any]":
    """Return a matrix in another dtype; unlike scipy's `astype`, with the same indices."""
    values = matrix.data.astype(dtype, copy=False)
    return sparse.csr_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)


class SparseScores:
    """Scores as rows of a product: of histories and item weights, or neighbours and histories."""

    def __init__(
        self, left: "sparse.csr_array[Any]", right: "sparse.csr_array[Any]", graph: BipartiteGraph
    ) -> None:
        dtype, self._device = numpy_dtype(graph.dtype), graph.device
        self._left, self._right = converted(left, dtype), compact(converted(right, dtype))

    def scores(self, users: Int64[Tensor, " batch"]) -> Float[Tensor, "batch items"]:
        """Return the score of every item for each of these users."""
        found = rows_of_product(self._left, self._right, users.cpu().numpy())
        return torch.from_numpy(found).to(self._device)

    def served(self, *, of_histories: bool = True) -> SparseProduct:
        """Return both matrices, for deployment.

        Args:
            of_histories: Whether the first one holds histories of items.
        """
        return SparseProduct(self._left, self._right, of_histories)


def compact(
    matrix: "sparse.csr_array[Any]",
) -> "sparse.csr_array[Any] | Float[ndarray, 'rows columns']":
    """Return a matrix as a dense one if that takes less memory (and less time to read)."""
    in_rows = matrix.data.nbytes + matrix.indices.nbytes
    return matrix if in_rows < matrix.dtype.itemsize * np.prod(matrix.shape) else matrix.toarray()


def nothing() -> "sparse.csr_array[Any]":
    """Return what a model knows before it was fitted."""
    return sparse.csr_array((0, 0))


def packed(matrix: "sparse.csr_array[Any]") -> dict[str, Tensor]:
    """Return a sparse matrix as tensors, for a checkpoint."""
    return {
        "indptr": torch.from_numpy(matrix.indptr),
        "indices": torch.from_numpy(matrix.indices),
        "similarities": torch.from_numpy(matrix.data),
    }


def unpacked(state: dict[str, Tensor], size: int) -> "sparse.csr_array[Any]":
    """Return a square sparse matrix from the tensors of a checkpoint."""
    arrays = tuple(state[key].numpy() for key in ("similarities", "indices", "indptr"))
    return sparse.csr_array(arrays, shape=(size, size))
