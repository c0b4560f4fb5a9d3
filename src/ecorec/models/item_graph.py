"""Which items are chosen by the same users: the strongest neighbours of each (for UltraGCN)."""

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.neighbours import strongest


def strongest_neighbours(
    graph: BipartiteGraph, n_neighbours: int
) -> tuple[Int64[Tensor, "items neighbours"], Float[Tensor, "items neighbours"]]:
    """Return each item's neighbours of greatest weight in the graph of common users.

    With G the item-item matrix of common users, an item itself included, and g its row sums,
    the weight is G[i, j] / g[i] * sqrt((g[i] + 1) / (g[j] + 1)): Mao et al., UltraGCN (CIKM
    2021). The strongest come first, ties to the lower item. An item with fewer neighbours has
    itself in the places that are left, with weight zero.

    Args:
        graph: The training interactions.
        n_neighbours: How many; at most all items.
    """
    history = graph.interactions()
    by_item = history.T.tocsr()
    n_items, n_kept = graph.n_items, min(n_neighbours, graph.n_items)
    # A row sum of G adds up, over the item's users, how many items each has.
    sums = by_item @ np.diff(history.indptr)
    roots = np.sqrt(sums + 1)
    # Divided by roots, equal weights may differ in their last bits: of some more, the best by the
    # weights themselves are taken, ties to the lower item.
    found = strongest(by_item, history, 2 * n_kept, norms=roots, with_self=True)
    n_found, columns = np.diff(found.indptr), found.indices
    rows = np.repeat(np.arange(n_items), n_found)
    common = np.rint(found.data * roots[rows] * roots[columns])  # a number of users
    shape = n_items, max(n_kept, n_found.max(initial=0))
    is_filled = np.arange(shape[1]) < n_found[:, None]
    neighbours = np.broadcast_to(np.arange(n_items)[:, None], shape).copy()
    neighbours[is_filled] = columns
    weights = np.zeros(shape)
    weights[is_filled] = common * (roots / np.maximum(sums, 1))[rows] * (1 / roots)[columns]
    order = np.argsort(-weights, axis=1, kind="stable")[:, :n_kept]
    return (
        torch.from_numpy(np.take_along_axis(neighbours, order, 1)).to(graph.device),
        torch.from_numpy(np.take_along_axis(weights, order, 1)).to(graph.device, graph.dtype),
    )
