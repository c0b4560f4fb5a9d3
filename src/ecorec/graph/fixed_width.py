"""The product of the adjacency with embeddings on a CPU: blocks of columns that fit a cache.

Each edge reads a row of embeddings at a random place, and on real graphs the table of all rows
is larger than a core's own cache. So the columns are cut into blocks of 16, 32 or 64, each stored
as a table of its own, and one block is finished before the next begins: its table stays close
while the edges stream past. The normalisation is two scalings of rows, one when the blocks are
cut and one when a sum is complete, so that no edge carries a weight. Where there are few edges
a row, nothing is cut: rows are read where they are, and scaled when they are read.

One thread sums a row, in the order of its edges: the result does not depend on their number.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, no_type_check

import numba
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ecorec.graph.adjacency import Adjacency, RowBlocks
from ecorec.graph.gather import add_rows, fetch_ahead
from ecorec.graph.tables import empty_like, zeros_like

CORE_CACHE_BYTES = 2**19
"""Second-level cache of a core: 512 KiB on AMD's server cores, 1 to 2 MiB on Intel's."""

SHARED_CACHE_BYTES = 2**22
"""What one process may count on of a cache that it shares with others."""

LINE_BYTES = 64
"""What a cache reads at a time."""

BLOCK_BYTES = (256, 128, 64)
"""Bytes of a row in a block: one to four cache lines."""

READS_THAT_PAY = 12
"""Times that rows must be read, on average, before cutting the table costs less than it saves."""


@dataclass(frozen=True)
class Layout:
    """How a product goes through a table of embeddings."""

    columns: int
    """Of a block."""
    cut: bool
    """Whether blocks are tables of their own, or are read where they are."""


def layout(n_users: int, n_items: int, n_reads: int, size: int, element_bytes: int) -> Layout:
    """Return the layout of a product.

    Blocks are the widest whose table fits a core's cache, else the shared one. Where nothing fits,
    every row comes from memory, which is read best in long pieces. A row of users reads items only,
    and the other way round, so that the larger side alone counts. Where rows are read a few
    times, the copy that cutting makes would cost more than it saves.

    Args:
        n_users: Rows of users.
        n_items: Rows of items.
        n_reads: Edges whose rows are read.
        size: Columns of the table; it is not padded beyond the next power of two.
        element_bytes: Of one number.
    """
    padded = max(4, 1 << (size - 1).bit_length())
    longest = min(BLOCK_BYTES[0] // element_bytes, padded)
    if n_reads < READS_THAT_PAY * (n_users + n_items) and size % longest == 0:
        return Layout(longest, cut=False)
    n_rows = max(n_users, n_items)
    fitting = (
        width
        for cache_bytes in (CORE_CACHE_BYTES, SHARED_CACHE_BYTES)
        for width in BLOCK_BYTES
        if n_rows * width <= cache_bytes
    )
    widest = next(fitting, BLOCK_BYTES[0]) // element_bytes
    return Layout(min(widest, padded), cut=True)


def fixed_width(
    adjacency: Adjacency,
    dense: Float[Tensor, "nodes size"],
    plus: Float[Tensor, "nodes size"] | None = None,
    scale: float = 1.0,
    rows: RowBlocks | None = None,
    zero_others: bool = False,
) -> Float[Tensor, "nodes size"]:
    """Return `scale` times the sum of the product and `plus`.

    Args:
        adjacency: Sparse, symmetric.
        dense: What it is multiplied with.
        plus: Added to the product, where a row's sum ends: it costs no pass of its own.
        scale: Factor of both.
        rows: The only rows that are computed; all, if not given.
        zero_others: Whether the other rows are zero, or whatever they come as.
    """
    source = dense.detach().contiguous()
    wanted = rows or adjacency.all_rows
    n_users, size = adjacency.n_users, source.shape[1]
    n_items = adjacency.n_nodes - n_users
    chosen = layout(n_users, n_items, wanted.n_edges, size, source.element_size())
    out = zeros_like(source) if rows and zero_others else empty_like(source)
    cut, multiply = _compiled(chosen.columns)
    if chosen.cut:
        n_blocks = -(-size // chosen.columns)
        blocks = torch.empty(n_blocks * source.shape[0] * chosen.columns, dtype=source.dtype)
        cut(source.numpy(), adjacency.scale, blocks.numpy())
        weights = None
    else:
        blocks, weights = source.view(-1), adjacency.scale
    multiply(
        adjacency.indptr,
        adjacency.indices,
        adjacency.scale,
        wanted.rows,
        wanted.cuts,
        blocks.numpy(),
        weights,
        None if plus is None else plus.detach().contiguous().numpy(),
        adjacency.scale.dtype.type(scale),
        out.numpy(),
    )
    return out


@cache
def _compiled(columns: int) -> tuple[Callable[..., None], Callable[..., None]]:
    @no_type_check
    @numba.njit(parallel=True, nogil=True, cache=True)
    def cut(dense: Any, scale: Any, blocks: Any) -> None:
        n_rows, size = dense.shape
        for row in numba.prange(n_rows):
            for block in range((size + columns - 1) // columns):
                at = (block * n_rows + row) * columns
                start = block * columns
                for column in range(columns):
                    if start + column < size:
                        blocks[at + column] = dense[row, start + column] * scale[row]
                    else:
                        blocks[at + column] = 0

    @no_type_check
    @numba.njit(parallel=True, nogil=True, cache=True)
    def multiply(
        indptr: Any, indices: Any, scale: Any, rows: Any, cuts: Any, blocks: Any,
        weights: Any, plus: Any, factor: Any, out: Any,
    ) -> None:  # fmt: skip
        n_rows, size = out.shape
        n_cuts = cuts.size - 1
        # Blocks of columns are the outer loop: a thread goes on to the next when one is done.
        for task in numba.prange(n_cuts * ((size + columns - 1) // columns)):
            block, part = task // n_cuts, task % n_cuts
            start = block * columns
            here = min(columns, size - start)
            total = np.empty(columns, dtype=out.dtype)
            for at in range(cuts[part], cuts[part + 1]):
                row = rows[at]
                if plus is not None and at + 1 < cuts[part + 1]:
                    # Its rows lie too far apart for the processor to foresee the next one.
                    for column in range(0, here, LINE_BYTES // plus.itemsize):
                        fetch_ahead(plus, rows[at + 1], start + column)
                if weights is None:
                    add_rows(
                        blocks, block * n_rows * columns, None, None, indices, indptr[row],
                        indptr[row + 1], total, columns,
                    )  # fmt: skip
                else:
                    add_rows(
                        blocks, start, size, weights, indices, indptr[row], indptr[row + 1],
                        total, columns,
                    )  # fmt: skip
                for column in range(here):
                    value = total[column] * scale[row]
                    if plus is not None:
                        value += plus[row, start + column]
                    out[row, start + column] = factor * value

    return cut, multiply
