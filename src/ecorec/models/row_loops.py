"""Compiled loops over rows of sparse matrices, for `neighbours`.

Of equal entries the lower column is kept: one model has one set of neighbours. `evaluation.top_k`
has a heap of its own: there a hash orders equal scores, so that no item is favoured for everybody.
"""

from typing import Any, no_type_check

import numba
import numpy as np


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
def strongest_entries(
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
    places: Any,
    columns: Any,
    values: Any,
    counts: Any,
) -> None:
    """Fill `columns` and `values` with the largest entries of some rows of a product.

    Row by row from `first` on: `places` says where each row has room in the two arrays, `counts`
    takes up how many entries it has. They come in no order. Arrays are those of two matrices in
    compressed rows; see `neighbours.strongest`.
    """
    for task in numba.prange(n_tasks):
        sums = np.zeros(norms.size)
        touched = np.empty(norms.size, dtype=np.int32)
        # A sum does not tell: a product may be too small for a number, and leave it at 0.
        is_touched = np.zeros(norms.size, dtype=np.bool_)
        # Interleaved rows: the popular ones often stand together.
        for at in range(task, counts.size, n_tasks):
            row = first + at
            n_touched = 0
            for edge in range(left_indptr[row], left_indptr[row + 1]):
                middle = left_indices[edge]
                weight = left_values[edge]
                for other in range(right_indptr[middle], right_indptr[middle + 1]):
                    column = right_indices[other]
                    if not is_touched[column]:
                        is_touched[column] = True
                        touched[n_touched] = column
                        n_touched += 1
                    sums[column] += weight * right_values[other]
            kept = values[places[at] : places[at + 1]]
            kept_columns = columns[places[at] : places[at + 1]]
            n, is_heap = 0, False
            for place in range(n_touched):
                column = touched[place]
                value = sums[column] / (norms[row] * norms[column] + shrinkage)
                sums[column] = 0
                is_touched[column] = False
                if column == row and not with_self:
                    continue
                if n < kept.size:
                    kept[n], kept_columns[n] = value, column
                    n += 1
                    continue
                if not is_heap:
                    _order_as_heap(kept, kept_columns)
                    is_heap = True
                if value > kept[0] or (value == kept[0] and column < kept_columns[0]):
                    kept[0], kept_columns[0] = value, column
                    _sift_down(kept, kept_columns, 0)
            counts[at] = n


@no_type_check
@numba.njit(parallel=True, nogil=True, cache=True)
def rows_of_sparse(
    left_indptr: Any,
    left_indices: Any,
    left_values: Any,
    right_indptr: Any,
    right_indices: Any,
    right_values: Any,
    rows: Any,
    out: Any,
) -> None:
    """Add rows of the product of two matrices in compressed rows to `out`."""
    for at in numba.prange(rows.size):
        for edge in range(left_indptr[rows[at]], left_indptr[rows[at] + 1]):
            middle = left_indices[edge]
            weight = left_values[edge]
            for other in range(right_indptr[middle], right_indptr[middle + 1]):
                out[at, right_indices[other]] += weight * right_values[other]


@no_type_check
@numba.njit(parallel=True, nogil=True, cache=True)
def rows_of_dense(
    left_indptr: Any, left_indices: Any, left_values: Any, right: Any, rows: Any, out: Any
) -> None:
    """Add rows of the product with a dense matrix to `out`."""
    for at in numba.prange(rows.size):
        for edge in range(left_indptr[rows[at]], left_indptr[rows[at] + 1]):
            middle = left_indices[edge]
            weight = left_values[edge]
            for column in range(right.shape[1]):
                out[at, column] += weight * right[middle, column]
