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
