"""Compiled loops over the items that are chosen for each row, for `chosen_scores`.

Threads share the rows of what is written or, where every row may add to any item, its columns:
each number is added up in one order, whatever their number.
"""

from typing import Any, no_type_check

import numba
import numpy as np

from ecorec.models.pair_loops import FAST


@no_type_check
@numba.njit(parallel=True, fastmath=FAST, nogil=True, cache=True)
def score(rows: Any, items: Any, chosen: Any, out: Any) -> None:
    """Write the inner product of each row with each of its items."""
    for row in numba.prange(rows.shape[0]):
        for at in range(chosen.shape[1]):
            item = chosen[row, at]
            total = rows.dtype.type(0)
            for column in range(rows.shape[1]):
                total += rows[row, column] * items[item, column]
            out[row, at] = total


@no_type_check
@numba.njit(parallel=True, fastmath=FAST, nogil=True, cache=True)
def add_items(items: Any, chosen: Any, weights: Any, out: Any) -> None:
    """Add to each row its items, by their weights."""
    for row in numba.prange(out.shape[0]):
        for at in range(chosen.shape[1]):
            item, weight = chosen[row, at], weights[row, at]
            for column in range(out.shape[1]):
                out[row, column] += weight * items[item, column]


@no_type_check
@numba.njit(parallel=True, fastmath=FAST, nogil=True, cache=True)
def add_rows(rows: Any, chosen: Any, weights: Any, n_tasks: int, out: Any) -> None:
    """Add to each item the rows that it is chosen for, by their weights."""
    size = out.shape[1]
    for task in numba.prange(n_tasks):
        # Unsigned: what might be counted from the end could not be read in vectors.
        begin, end = np.uint64(task * size // n_tasks), np.uint64((task + 1) * size // n_tasks)
        for row in range(chosen.shape[0]):
            for at in range(chosen.shape[1]):
                item, weight = chosen[row, at], weights[row, at]
                for column in range(begin, end):
                    out[item, column] += weight * rows[row, column]
