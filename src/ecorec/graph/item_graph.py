"""Which items are chosen by the same users: the strongest neighbours of each (for UltraGCN)."""

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from ecorec.graph.bipartite import BipartiteGraph

ITEMS_PER_BLOCK = 512
"""Rows of the item-item product that exist at a time."""


def strongest_neighbours(
    graph: BipartiteGraph, n_neighbours: int
) -> tuple[Int64[Tensor, "items neighbours"], Float[Tensor, "items neighbours"]]:
    """Return each item's neighbours of greatest weight in the graph of common users.

    With G the item-item matrix of common users, an item itself included, and g its row sums,
    the weight is G[i, j] / g[i] * sqrt((g[i] + 1) / (g[j] + 1)): Mao et al., UltraGCN (CIKM
    2021). Items with fewer neighbours get some of weight zero.

    Args:
        graph: The training interactions.
        n_neighbours: How many; at most all items.
    """
    history = graph.interactions()
    by_item = history.T.tocsr()
    n_kept = min(n_neighbours, graph.n_items)
    # A row sum of G adds up, over the item's users, how many items each has.
    sums = by_item @ np.diff(history.indptr)
    leaves = np.sqrt(sums + 1) / np.maximum(sums, 1)
    arrives = 1 / np.sqrt(sums + 1)
    neighbours = np.empty((graph.n_items, n_kept), dtype=np.int64)
    weights = np.empty((graph.n_items, n_kept))
    for start in range(0, graph.n_items, ITEMS_PER_BLOCK):
        rows = slice(start, start + ITEMS_PER_BLOCK)
        block = (by_item[rows] @ history).toarray() * leaves[rows, None] * arrives
        # Ties go to the lower item, as nowhere does chance decide.
        order = np.argsort(-block, axis=1, kind="stable")[:, :n_kept]
        neighbours[rows] = order
        weights[rows] = np.take_along_axis(block, order, axis=1)
    return (
        torch.from_numpy(neighbours).to(graph.device),
        torch.from_numpy(weights).to(graph.device, graph.dtype),
    )
