"""Turbo-CF: a polynomial low-pass filter of the user's history, without a decomposition.

Park, Shin and Shin, *Turbo-CF: Matrix Decomposition-Free Graph Filtering for Fast
Recommendation*, SIGIR 2024: the items' graph from interactions that are normalised
asymmetrically, each edge raised to a power, and one of three polynomials of it; defaults as in
their code. That code holds users x items and items x items numbers; here the graph is sparse, can
keep only each item's strongest edges, and higher powers of it are products with the scores of a
batch. Checked against dense linear algebra in `tests/models/test_training_free.py`.
"""

from typing import Annotated, Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy import ndarray
from pydantic import Field, PositiveFloat, PositiveInt
from scipy import sparse
from torch import Tensor

from ecorec.config import Config
from ecorec.graph.adjacency import numpy_dtype
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.cost import Cost
from ecorec.models.fit_cost import (
    entry_bytes,
    item_item_product,
    mean_history,
    mean_row,
    most_item_pairs,
    sparse_cost,
)
from ecorec.models.neighbours import (
    compact,
    converted,
    nothing,
    packed,
    rows_of_product,
    strongest,
    unpacked,
)
from ecorec.models.problem import Problem
from ecorec.models.served import SparseProduct

COEFFICIENTS = {
    "linear": (1.0,),
    "second-order": (2.0, -1.0),
    "third-order": (1.0 - 0.29, 0.1, -0.01),
}
"""Of the graph, its square and its cube: the paper's three filters."""


class TurboCFConfig(Config):
    """Hyper-parameters of Turbo-CF."""

    alpha: Annotated[float, Field(ge=0, le=1)] = 0.6
    """Interactions are divided by (user's degree)^alpha and (item's degree)^(1 - alpha)."""
    power: PositiveFloat = 0.7
    """Power of each edge of the items' graph (the paper's s)."""
    filter: Literal["linear", "second-order", "third-order"] = "linear"
    """Polynomial: P, 2P - P^2, or P + 0.01 (-P^3 + 10 P^2 - 29 P)."""
    n_neighbours: PositiveInt | None = None
    """Strongest edges that are kept for each item; all, as in the paper, if `None`."""


class TurboCF:
    """A history times a polynomial of the items' graph."""

    def __init__(self, config: TurboCFConfig) -> None:
        self.config = config
        self._items_graph = nothing()

    def fit(self, graph: BipartiteGraph) -> None:
        """Multiply out the items' graph."""
        history = graph.interactions()
        of_users = np.diff(history.indptr)
        of_items = np.bincount(history.indices, minlength=graph.n_items)
        alpha = self.config.alpha
        values = np.repeat(of_users, of_users) ** -alpha * of_items[history.indices] ** (alpha - 1)
        normalized = sparse.csr_array((values, history.indices, history.indptr), history.shape)
        kept = self.config.n_neighbours
        items_graph = strongest(normalized.T.tocsr(), normalized, kept, with_self=True)
        # The power keeps the order of the edges, so that it can wait until the others are gone.
        items_graph.data **= self.config.power
        self._use(items_graph.astype(numpy_dtype(graph.dtype)), graph)

    def _use(self, items_graph: "sparse.csr_array[Any]", graph: BipartiteGraph) -> None:
        self._items_graph, self._compact = items_graph, compact(items_graph)
        self._history = converted(graph.interactions(), items_graph.dtype)
        self._device = graph.device

    def scores(self, users: Int64[Tensor, " batch"]) -> Float[Tensor, "batch items"]:
        """Return the filter's answer to the users' histories."""
        first, *higher = COEFFICIENTS[self.config.filter]
        term = rows_of_product(self._history, self._compact, users.cpu().numpy())
        total = first * term
        for coefficient in higher:
            term = self._passed_on(term)
            total += coefficient * term
        return torch.from_numpy(total).to(self._device)

    def _passed_on(self, term: Float[ndarray, "batch items"]) -> Float[ndarray, "batch items"]:
        """Return some scores times the items' graph."""
        if not isinstance(self._compact, ndarray):
            return np.asarray(term @ self._compact)
        # torch's BLAS keeps to the threads of the run; numpy's takes every core.
        product = torch.from_numpy(term) @ torch.from_numpy(self._compact)
        return product.numpy()

    def served(self) -> SparseProduct | None:
        """Return what is deployed: histories and the items' graph, if the filter is linear."""
        if COEFFICIENTS[self.config.filter] != (1.0,):
            return None
        return SparseProduct(self._history, self._compact, of_histories=True)

    @property
    def n_parameters(self) -> int:
        """Edges of the items' graph."""
        return int(self._items_graph.nnz)

    def state(self) -> dict[str, Tensor]:
        """Return the items' graph, for a checkpoint."""
        return packed(self._items_graph)

    def restore(self, state: dict[str, Tensor], graph: BipartiteGraph) -> None:
        """Take over the items' graph from a checkpoint."""
        self._use(unpacked(state, graph.n_items).astype(numpy_dtype(graph.dtype)), graph)


def turbocf_cost(config: TurboCFConfig, problem: Problem) -> Cost:
    """Return what Turbo-CF takes: the items' graph; its powers are not counted.

    How many edges that graph has depends on the data: here, as many as there can be and are kept.
    A user of mean activity sums a row of it for each item, and all rows for each higher power.
    """
    n_items, kept = problem.n_items, config.n_neighbours
    n_edges = most_item_pairs(problem) + n_items
    if kept is not None:
        n_edges = min(n_edges, kept * n_items)
    n_rows = mean_history(problem) + (len(COEFFICIENTS[config.filter]) - 1) * n_items
    return sparse_cost(
        problem,
        item_item_product(problem),
        n_parameters=n_edges,
        summed=n_rows * mean_row(problem, n_edges),
        each=entry_bytes(problem, n_edges),
    )
