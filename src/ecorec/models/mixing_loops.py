"""The compiled loops of `mixing`: each is one pass over some rows, forward or back."""

from typing import Any, no_type_check

import numba
import numpy as np

from ecorec.models.noise import drawn_at
from ecorec.models.pair_loops import FAST
from ecorec.models.unit_rows import SHORTEST

SLOPE = 0.2
"""Of the leaky rectifier for negative values, as in the authors' code."""


@no_type_check
@numba.njit(parallel=True, nogil=True, cache=True)
def side_by_side(neighbours: Any, layer: Any, rows: Any, both: Any) -> None:
    """Write A x + x and (A x) * x of some rows side by side."""
    size = layer.shape[1]
    for at in numba.prange(rows.size):
        row = rows[at]
        for column in range(size):
            both[at, column] = neighbours[row, column] + layer[row, column]
            both[at, size + column] = neighbours[row, column] * layer[row, column]


@no_type_check
@numba.njit(parallel=True, nogil=True, fastmath=FAST, cache=True)
def activate(
    mixed: Any, rows: Any, out: Any, lengths: Any, dropout: Any, low: Any, high: Any
) -> None:
    """Rectify, drop and normalise mixed rows into `out`; keep their lengths for the way back."""
    width = out.shape[1]
    least, slope = np.float32(dropout), out.dtype.type(SLOPE)
    larger = out.dtype.type(1 / (1 - dropout))
    for at in numba.prange(rows.size):
        row = rows[at]
        squares = out.dtype.type(0)
        for column in range(width):
            value = mixed[at, column]
            value = max(value, slope * value)
            if least > 0:
                kept = drawn_at(row * width + column, low, high) >= least
                value = value * larger if kept else out.dtype.type(0)
            squares += value * value
            out[row, column] = value
        length = max(np.sqrt(squares), out.dtype.type(SHORTEST))
        lengths[at] = length
        for column in range(width):
            out[row, column] /= length


@no_type_check
@numba.njit(parallel=True, nogil=True, fastmath=FAST, cache=True)
def deactivate(
    gradient: Any, out: Any, lengths: Any, rows: Any, inner: Any, dropout: Any, low: Any, high: Any
) -> None:
    """Turn gradients of the layer into those of the mixed rows: the way back of `activate`."""
    width = out.shape[1]
    least, slope = np.float32(dropout), out.dtype.type(SLOPE)
    larger = out.dtype.type(1 / (1 - dropout))
    for at in numba.prange(rows.size):
        row = rows[at]
        along = out.dtype.type(0)
        for column in range(width):
            along += gradient[row, column] * out[row, column]
        for column in range(width):
            value = (gradient[row, column] - out[row, column] * along) / lengths[at]
            # What was kept has the sign that it had before the rectifier.
            value = value if out[row, column] > 0 else slope * value
            if least > 0:
                kept = drawn_at(row * width + column, low, high) >= least
                value = value * larger if kept else out.dtype.type(0)
            inner[at, column] = value


@no_type_check
@numba.njit(parallel=True, nogil=True, fastmath=FAST, cache=True)
def unmix(
    gradient: Any, neighbours: Any, layer: Any, rows: Any, to_neighbours: Any, to_layer: Any
) -> None:
    """Write the gradients of A x and x: the way back of `side_by_side`."""
    size = layer.shape[1]
    for at in numba.prange(rows.size):
        row = rows[at]
        for column in range(size):
            of_sum, of_product = gradient[at, column], gradient[at, size + column]
            to_neighbours[row, column] = of_sum + of_product * layer[row, column]
            to_layer[row, column] = of_sum + of_product * neighbours[row, column]
