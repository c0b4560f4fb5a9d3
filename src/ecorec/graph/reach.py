"""What a batch can see of the graph: the rows that its step must compute, and no others.

A batch's loss reads the final embeddings of its own nodes only, so the last propagation needs
their rows alone, the one before it those of their neighbours too, and so on outwards. Backwards
it is the same in reverse: gradients begin at the batch and have reached no further after each
product. Nothing is sampled; what is left out would have been multiplied by zero.
"""

from dataclasses import dataclass
from typing import Any, no_type_check

import numba
import numpy as np
from jaxtyping import Int64
from torch import Tensor

from ecorec.graph.adjacency import Adjacency, RowBlocks

WORTHWHILE = 0.8
"""Share of the edges above which rows are not picked out any more: all are computed."""

SPREADING = 0.1
"""Share of the edges above which neighbours are not looked for: they would be nearly everyone."""


@dataclass(frozen=True, eq=False)
class Reach:
    """The nodes within 0, 1, ... hops of a batch; `None` where that is taken as everyone."""

    within: tuple[RowBlocks | None, ...]

    def hops(self, n: int) -> RowBlocks | None:
        """Return the nodes within `n` hops."""
        return self.within[n] if n < len(self.within) else None


EVERYONE = Reach(())
"""No batch in particular."""


def reach(adjacency: Adjacency, nodes: tuple[Int64[Tensor, " _"], ...], n_hops: int) -> Reach:
    """Return what a batch can see.

    Args:
        adjacency: Of all nodes.
        nodes: Indices of the batch's nodes, in groups, with repetition.
        n_hops: How far to look.
    """
    seen = np.zeros(adjacency.n_nodes, dtype=np.bool_)
    for group in nodes:
        seen[group.numpy()] = True
    within: list[RowBlocks] = []
    while True:
        rows = np.flatnonzero(seen).astype(np.int32)
        share = _edges_of(adjacency.indptr, rows) / max(1, adjacency.n_edges)
        if share > WORTHWHILE:
            break
        within.append(adjacency.row_blocks(rows))
        if share > SPREADING or len(within) > n_hops:
            break
        _mark_neighbours(adjacency.indptr, adjacency.indices, rows, seen)
    return Reach(tuple(within))


@no_type_check
@numba.njit(nogil=True, cache=True)
def _edges_of(indptr: Any, rows: Any) -> Any:
    total = 0
    for row in rows:
        total += indptr[row + 1] - indptr[row]
    return total


@no_type_check
@numba.njit(nogil=True, cache=True)
def _mark_neighbours(indptr: Any, indices: Any, rows: Any, seen: Any) -> None:
    for row in rows:
        for edge in range(indptr[row], indptr[row + 1]):
            seen[indices[edge]] = True
