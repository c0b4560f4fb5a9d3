"""Compiled loops over the pairs of a batch, for `pairs`."""

from typing import Any, no_type_check

import numba

FAST = {"contract", "reassoc"}
"""Sums within a row may be taken in any order, which lets them use vector registers."""


@no_type_check
@numba.njit(fastmath=FAST, nogil=True, cache=True)
def margins(nodes: Any, users: Any, liked: Any, other: Any, margins: Any) -> None:
    """Add to each pair's margin what these columns give: negative less positive score."""
    for pair in range(users.size):
        user, positive, negative = users[pair], liked[pair], other[pair]
        total = nodes.dtype.type(0)
        for column in range(nodes.shape[1]):
            total += nodes[user, column] * (nodes[negative, column] - nodes[positive, column])
        margins[pair] += total


@no_type_check
@numba.njit(fastmath=FAST, nogil=True, cache=True)
def add_bpr(nodes: Any, users: Any, liked: Any, other: Any, weights: Any, gradient: Any) -> None:
    """Add the gradient of BPR, by the pairs' weights, to the rows that it is of."""
    for pair in range(users.size):
        user, positive, negative = users[pair], liked[pair], other[pair]
        weight = weights[pair]
        for column in range(nodes.shape[1]):
            own = weight * nodes[user, column]
            gradient[user, column] += weight * (nodes[negative, column] - nodes[positive, column])
            gradient[positive, column] -= own
            gradient[negative, column] += own


@no_type_check
@numba.njit(fastmath=FAST, nogil=True, cache=True)
def squares(nodes: Any, rows: Any) -> Any:
    """Return the sum of all squared entries of these rows, repeated ones again."""
    # In double precision: thousands of rows would wear out a float32 sum.
    total = 0.0
    for i in range(rows.size):
        row = rows[i]
        part = nodes.dtype.type(0)
        for column in range(nodes.shape[1]):
            part += nodes[row, column] * nodes[row, column]
        total += part
    return total


@no_type_check
@numba.njit(fastmath=FAST, nogil=True, cache=True)
def add_rows(nodes: Any, rows: Any, weight: Any, gradient: Any) -> None:
    """Add these rows, times a weight, to the gradient of their table."""
    for i in range(rows.size):
        row = rows[i]
        for column in range(nodes.shape[1]):
            gradient[row, column] += weight * nodes[row, column]
