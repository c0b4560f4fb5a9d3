"""Random parts of the graph, for models that train on them; all in time linear in the edges."""

from dataclasses import replace
from typing import Any, Literal, no_type_check

import numba
import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ecorec.graph import kernels
from ecorec.graph.adjacency import Adjacency
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.graph.fixed_width import fixed_width

Drop = Literal["edge", "node", "walk"]
"""What is left out of a view: interactions, users and items, or other interactions each layer."""


def views(
    graph: BipartiteGraph, drop: Drop, share: float, n_layers: int, rng: torch.Generator
) -> list[BipartiteGraph]:
    """Return the graph of each layer of one random view, normalised by its own degrees.

    Wu et al., SGL (SIGIR 2021), section 3.1. One graph serves all layers but for `walk`.

    Args:
        graph: What is thinned out.
        drop: What is dropped.
        share: Of the interactions, or of the users and of the items, that is dropped.
        n_layers: Layers that are propagated through.
        rng: Draws what is dropped.
    """
    if drop == "walk":
        return [_thinned(graph, "edge", share, rng) for _ in range(n_layers)]
    return [_thinned(graph, drop, share, rng)] * n_layers


def _thinned(
    graph: BipartiteGraph, drop: Literal["edge", "node"], share: float, rng: torch.Generator
) -> BipartiteGraph:
    whole = graph.interactions()
    users = np.repeat(np.arange(graph.n_users), np.diff(whole.indptr))
    items = whole.indices.astype(np.int64)
    if drop == "edge":
        kept = ~_chosen(users.size, users.size - int(users.size * (1 - share)), rng)
    else:
        lost_users = _chosen(graph.n_users, int(graph.n_users * share), rng)
        lost_items = _chosen(graph.n_items, int(graph.n_items * share), rng)
        kept = ~(lost_users[users] | lost_items[items])
    return BipartiteGraph(
        users[kept], items[kept], graph.n_users, graph.n_items,
        dtype=graph.dtype, device=graph.device, kernel=graph.kernel,
    )  # fmt: skip


def _chosen(n: int, n_chosen: int, rng: torch.Generator) -> NDArray[np.bool_]:
    """Return a mask of exactly `n_chosen` of n, each choice as likely as any other."""
    mask = np.zeros(n, dtype=np.bool_)
    mask[torch.randperm(n, generator=rng)[:n_chosen].numpy()] = True
    return mask


class DroppedEdges:
    """The graph's propagation with directed edges dropped at random and the rest scaled up.

    The normalisation stays that of the whole graph; both directions of an edge are dropped
    independently, as in the code of LightGCL's authors, so that the matrix is not symmetric: the
    backward pass goes along the opposite edges.
    """

    def __init__(self, graph: BipartiteGraph) -> None:
        self.graph = graph
        self._opposite = opposite_edges(graph.adjacency)

    def propagate(
        self, embeddings: Float[Tensor, "nodes size"], share: float, rng: torch.Generator
    ) -> Float[Tensor, "nodes size"]:
        """Return the product with a matrix that is drawn anew.

        Args:
            embeddings: Of all nodes.
            share: Of the directed edges that is dropped; the others are divided by the rest.
            rng: Draws what is dropped.
        """
        kept = torch.rand(self.graph.adjacency.n_edges, generator=rng).numpy() >= share
        propagated: Tensor = _OneWayProduct.apply(  # type: ignore[no-untyped-call]
            embeddings, self.graph, kept, kept[self._opposite], 1 / (1 - share)
        )
        return propagated


class _OneWayProduct(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        embeddings: Tensor,
        graph: BipartiteGraph,
        kept: NDArray[np.bool_],
        kept_backwards: NDArray[np.bool_],
        scale: float,
    ) -> Tensor:
        ctx.graph, ctx.kept, ctx.scale = graph, kept_backwards, scale
        return _multiply(graph, kept, embeddings, scale)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return _multiply(ctx.graph, ctx.kept, gradients[0], ctx.scale), None, None, None, None


def _multiply(
    graph: BipartiteGraph, kept: NDArray[np.bool_], dense: Tensor, scale: float
) -> Tensor:
    whole = graph.adjacency
    before = np.concatenate([[0], np.cumsum(kept)])
    thinned = replace(whole, indptr=before[whole.indptr], indices=whole.indices[kept])
    if graph.kernel == "fixed-width":
        return fixed_width(thinned, dense, scale=scale)
    if graph.kernel == "library":
        return kernels.LibraryProduct(thinned, graph.device)(dense.detach()) * scale
    return kernels.EdgeWiseProduct(thinned, graph.device)(dense.detach()) * scale


def opposite_edges(adjacency: Adjacency) -> NDArray[np.int64]:
    """Return, for each directed edge, where the one that leads back stands."""
    found: NDArray[np.int64] = _opposite(adjacency.indptr, adjacency.indices)
    return found


@no_type_check
@numba.njit(nogil=True, cache=True)
def _opposite(indptr: Any, indices: Any) -> Any:
    # Rows are visited in ascending order and neighbours are sorted, so that each node meets the
    # edges that lead back to it in the order in which they stand: one cursor a node is enough.
    cursor = indptr[:-1].copy()
    found = np.empty(indices.size, dtype=np.int64)
    for row in range(indptr.size - 1):
        for edge in range(indptr[row], indptr[row + 1]):
            found[edge] = cursor[indices[edge]]
            cursor[indices[edge]] += 1
    return found
