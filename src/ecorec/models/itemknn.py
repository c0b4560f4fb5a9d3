"""ItemKNN: items like those the user already has.

Deshpande and Karypis, *Item-based Top-N Recommendation Algorithms*, TOIS 2004, with the
shrunk cosine that Dacrema et al. (TOIS 2021) use; implicit, binary interactions. Checked
against dense linear algebra in `tests/models/test_itemknn.py`.
"""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64
from pydantic import NonNegativeFloat, PositiveInt
from scipy import sparse
from torch import Tensor

from ecorec.config import Config
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.cost import Cost, cost_of
from ecorec.models.problem import Problem
from ecorec.models.work import Work

ITEMS_PER_BLOCK = 2048
"""Rows of the item-item product that exist at a time."""


class ItemKNNConfig(Config):
    """Hyper-parameters of ItemKNN."""

    n_neighbours: PositiveInt = 100
    """Most similar items that are kept for each item."""
    shrinkage: NonNegativeFloat = 10.0
    """Added to the cosine's denominator: similarities on few common users count less."""


class ItemKNN:
    """Sum of the similarities between an item and the user's items."""

    def __init__(self, config: ItemKNNConfig) -> None:
        self.config = config
        self._history: sparse.csr_array[Any] = sparse.csr_array((0, 0))
        self._similarity: sparse.csr_array[Any] = sparse.csr_array((0, 0))
        self._device = torch.device("cpu")
        self._dtype = torch.float32

    def fit(self, graph: BipartiteGraph) -> None:
        """Keep each item's most similar items, a block of items at a time."""
        history = graph.interactions()
        by_item = history.T.tocsr()
        norms = np.sqrt(np.diff(by_item.indptr))
        blocks = []
        for start in range(0, graph.n_items, ITEMS_PER_BLOCK):
            block = (by_item[start : start + ITEMS_PER_BLOCK] @ history).tocsr()
            rows = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr)) + start
            block.data /= norms[rows] * norms[block.indices] + self.config.shrinkage
            block.data[rows == block.indices] = 0
            blocks.append(_strongest(block, self.config.n_neighbours))
        # Row j of `neighbours` lists the items that speak for j; scoring reads it by column.
        neighbours = sparse.csr_array(sparse.vstack(blocks))
        self._use(graph, neighbours.T.tocsr())

    def _use(self, graph: BipartiteGraph, similarity: "sparse.csr_array[Any]") -> None:
        self._history = graph.interactions()
        self._similarity = similarity
        self._device, self._dtype = graph.device, graph.dtype

    def scores(self, users: Int64[Tensor, " batch"]) -> Float[Tensor, "batch items"]:
        """Return, for each item, the summed similarity of its neighbours among the user's items."""
        product = self._history[users.cpu().numpy()] @ self._similarity
        return torch.from_numpy(product.toarray()).to(self._device, self._dtype)

    @property
    def n_parameters(self) -> int:
        """One similarity for each kept neighbour."""
        return int(self._similarity.nnz)

    def state(self) -> dict[str, Tensor]:
        """Return the neighbours and their similarities, for a checkpoint."""
        return {
            "indptr": torch.from_numpy(self._similarity.indptr),
            "indices": torch.from_numpy(self._similarity.indices),
            "similarities": torch.from_numpy(self._similarity.data),
        }

    def restore(self, state: dict[str, Tensor], graph: BipartiteGraph) -> None:
        """Take over the neighbours from a checkpoint."""
        arrays = tuple(state[key].numpy() for key in ("similarities", "indices", "indptr"))
        self._use(graph, sparse.csr_array(arrays, shape=(graph.n_items, graph.n_items)))


def _strongest(block: "sparse.csr_array[Any]", n_kept: int) -> "sparse.csr_array[Any]":
    """Keep the `n_kept` largest entries of each row; ties go to the lower column."""
    rows = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
    order = np.lexsort((block.indices, -block.data, rows))
    rank = np.arange(order.size) - block.indptr[rows]
    kept = order[(rank < n_kept) & (block.data[order] > 0)]
    return sparse.csr_array(
        (block.data[kept], (rows[kept], block.indices[kept])), shape=block.shape
    )


ENTRY_BYTES = 12
"""Of a sparse matrix in scipy: a column's number and a float64."""


def itemknn_cost(config: ItemKNNConfig, problem: Problem) -> Cost:
    """Return what ItemKNN takes.

    The item-item product has a multiply-add for every pair of items of every user. How many
    neighbours are kept, and whose lists a user's items are on, is known after the fit only: here
    every item has as many as it may, and a user of mean activity reads that many for each item.
    """
    n_neighbours = min(config.n_neighbours, problem.n_items - 1)
    summed = problem.n_interactions / problem.n_users * n_neighbours
    return cost_of(
        Work(
            sparse_multiply_adds=problem.squared_degrees,
            random_bytes=ENTRY_BYTES * problem.squared_degrees,
            streamed_bytes=ENTRY_BYTES * problem.n_interactions,
            table_bytes=ENTRY_BYTES * problem.n_interactions,
        ),
        n_parameters=problem.n_items * n_neighbours,
        multiply_adds_per_recommendation=summed,
        bytes_per_recommendation=ENTRY_BYTES * summed + 8 * problem.n_items,
    )
