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
from functools import cache
from typing import Any, no_type_check

import numba
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ecorec.graph.adjacency import Adjacency, RowBlocks
from ecorec.graph.gather import add_rows, fetch_ahead
from ecorec.graph.layout import Layout, layout, layouts
from ecorec.graph.tables import empty, empty_like, zeros_like

LINE_BYTES = 64
"""What a cache reads at a time."""


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
    _multiply(adjacency, source, plus, scale, wanted, chosen, out)
    return out


def compile_for(adjacency: Adjacency, size: int) -> None:
    """Compile every way in which a product may go through tables of a size, or load it.

    Which of them a graph takes follows from its counts, so that a small one stands for all.

    Args:
        adjacency: Of any graph, in the number type that is wanted.
        size: Columns of the tables.
    """
    source = torch.from_numpy(np.zeros((adjacency.n_nodes, size), adjacency.scale.dtype))
    for chosen in layouts(size, source.element_size()):
        for plus in (None, source):
            out = empty_like(source)
            _multiply(adjacency, source, plus, 1.0, adjacency.all_rows, chosen, out)


def _multiply(
    adjacency: Adjacency, source: Tensor, plus: Tensor | None, scale: float, wanted: RowBlocks,
    chosen: Layout, out: Tensor,
) -> None:  # fmt: skip
    cut, multiply = _compiled(chosen.columns)
    if chosen.cut:
        n_blocks = -(-source.shape[1] // chosen.columns)
        blocks = empty((n_blocks * source.shape[0] * chosen.columns,), source)
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
