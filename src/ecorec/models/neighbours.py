"""Products of sparse matrices row by row: the strongest entries of each, or scores of users.

Neighbourhood models and graph filters are such products. A row is summed in an array as wide as
the result and only its strongest entries are kept, so that nothing of size users x items or
items x items exists. Each row is summed by one thread in the order of its entries, so that the
result does not depend on the number of threads. Checked against dense linear algebra in
`tests/models/test_neighbours.py`.
"""

from typing import Any, no_type_check

import numba
import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy import ndarray
from scipy import sparse
from torch import Tensor

from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.served import SparseProduct

ENTRIES_PER_BLOCK = 2**22
"""Kept entries that exist before they are packed: 50 MB of indices and values."""


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
    width = n_columns if n_kept is None else min(n_kept, n_columns)
    per_block = max(1, ENTRIES_PER_BLOCK // max(1, width))
    divisors = np.ones(max(n_rows, n_columns)) if norms is None else norms
    indices, values, counts = [], [], np.empty(n_rows, dtype=np.int64)
    for start in range(0, n_rows, per_block):
        size = min(per_block, n_rows - start)
        columns = np.empty((size, width), dtype=np.int32)
        sums = np.empty((size, width))
        _strongest(
            *(left.indptr, left.indices, left.data, right.indptr, right.indices, right.data),
            *(divisors, float(shrinkage), with_self, start, numba.get_num_threads()),
            *(columns, sums, counts[start : start + size]),
        )
        filled = np.arange(width) < counts[start : start + size, None]
        indices.append(columns[filled])
        values.append(sums[filled])
    arrays = [np.concatenate(part) for part in (values, indices)]
    indptr = np.concatenate([[0], np.cumsum(counts)])
    if indptr[-1] < 2**31:
        indptr = indptr.astype(np.int32)  # or scipy widens the indices, and doubles what is read
    product = sparse.csr_array((arrays[0], arrays[1], indptr), shape=(n_rows, n_columns))
    product.sort_indices()
    return product


def rows_of_product(
    left: "sparse.csr_array[Any]",
    right: "sparse.csr_array[Any] | Float[ndarray, 'columns width']",
    rows: Int64[ndarray, " batch"],
) -> Float[ndarray, "batch width"]:
    """Return some rows of a product, in the dtype of `right`, which may be dense."""
    out = np.zeros((rows.size, right.shape[1]), dtype=right.dtype)
    values = left.data.astype(right.dtype, copy=False)
    if isinstance(right, ndarray):
        _rows_of_dense(left.indptr, left.indices, values, right, rows, out)
    else:
        arrays = (right.indptr, right.indices, right.data)
        _rows_of_sparse(left.indptr, left.indices, values, *arrays, rows, out)
    return out


class SparseScores:
    """Scores as rows of a product: of histories and item weights, or neighbours and histories."""

    def __init__(
        self, left: "sparse.csr_array[Any]", right: "sparse.csr_array[Any]", graph: BipartiteGraph
    ) -> None:
        self._left, self._device = left, graph.device
        self._right = compact(right.astype(numpy_dtype(graph)))

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


def numpy_dtype(graph: BipartiteGraph) -> "np.dtype[Any]":
    """Return what numpy calls the dtype of a graph."""
    return np.dtype(np.float64 if graph.dtype == torch.float64 else np.float32)


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


@no_type_check
@numba.njit(inline="always")
def _is_worse(values: Any, columns: Any, one: Any, other: Any) -> Any:
    return values[one] < values[other] or (
        values[one] == values[other] and columns[one] > columns[other]
    )


@no_type_check
@numba.njit(nogil=True, cache=True)
def _sift_down(values: Any, columns: Any, root: Any) -> None:
    while 2 * root + 1 < values.size:
        child = 2 * root + 1
        if child + 1 < values.size and _is_worse(values, columns, child + 1, child):
            child += 1
        if _is_worse(values, columns, root, child):
            return
        values[root], values[child] = values[child], values[root]
        columns[root], columns[child] = columns[child], columns[root]
        root = child


@no_type_check
@numba.njit(nogil=True, cache=True)
def _order_as_heap(values: Any, columns: Any) -> None:
    """Put the worst entry on top."""
    for root in range(values.size // 2 - 1, -1, -1):
        _sift_down(values, columns, root)


@no_type_check
@numba.njit(parallel=True, nogil=True, cache=True)
def _strongest(
    left_indptr: Any,
    left_indices: Any,
    left_values: Any,
    right_indptr: Any,
    right_indices: Any,
    right_values: Any,
    norms: Any,
    shrinkage: Any,
    with_self: Any,
    first: Any,
    n_tasks: Any,
    columns: Any,
    values: Any,
    counts: Any,
) -> None:
    for task in numba.prange(n_tasks):
        sums = np.zeros(norms.size)
        touched = np.empty(norms.size, dtype=np.int32)
        # Interleaved rows: the popular ones often stand together.
        for at in range(task, counts.size, n_tasks):
            row = first + at
            n_touched = 0
            for edge in range(left_indptr[row], left_indptr[row + 1]):
                middle = left_indices[edge]
                weight = left_values[edge]
                for other in range(right_indptr[middle], right_indptr[middle + 1]):
                    column = right_indices[other]
                    if sums[column] == 0:
                        touched[n_touched] = column
                        n_touched += 1
                    sums[column] += weight * right_values[other]
            kept, kept_columns = values[at], columns[at]
            n = 0
            for place in range(n_touched):
                column = touched[place]
                value = sums[column] / (norms[row] * norms[column] + shrinkage)
                sums[column] = 0
                if column == row and not with_self:
                    continue
                if n < kept.size:
                    kept[n], kept_columns[n] = value, column
                    n += 1
                    if n == kept.size:
                        _order_as_heap(kept, kept_columns)
                elif value > kept[0] or (value == kept[0] and column < kept_columns[0]):
                    kept[0], kept_columns[0] = value, column
                    _sift_down(kept, kept_columns, 0)
            counts[at] = n


@no_type_check
@numba.njit(parallel=True, nogil=True, cache=True)
def _rows_of_sparse(
    left_indptr: Any,
    left_indices: Any,
    left_values: Any,
    right_indptr: Any,
    right_indices: Any,
    right_values: Any,
    rows: Any,
    out: Any,
) -> None:
    for at in numba.prange(rows.size):
        for edge in range(left_indptr[rows[at]], left_indptr[rows[at] + 1]):
            middle = left_indices[edge]
            weight = left_values[edge]
            for other in range(right_indptr[middle], right_indptr[middle + 1]):
                out[at, right_indices[other]] += weight * right_values[other]


@no_type_check
@numba.njit(parallel=True, nogil=True, cache=True)
def _rows_of_dense(
    left_indptr: Any, left_indices: Any, left_values: Any, right: Any, rows: Any, out: Any
) -> None:
    for at in numba.prange(rows.size):
        for edge in range(left_indptr[rows[at]], left_indptr[rows[at] + 1]):
            middle = left_indices[edge]
            weight = left_values[edge]
            for column in range(right.shape[1]):
                out[at, column] += weight * right[middle, column]
