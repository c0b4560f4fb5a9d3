"""GF-CF: a linear low-pass filter of the user's history, plus an ideal one.

Shen et al., *How Powerful is Graph Convolution for Recommendation?*, CIKM 2021, equation 12 and
algorithm 1, with rank 256 and alpha 0.3 as in their code (which drops the ideal filter on
Amazon-Book). The items' graph is sparse; users x items numbers never exist. Checked against dense
linear algebra in `tests/models/test_training_free.py`.
"""

import numpy as np
import torch
from jaxtyping import Float, Int64
from pydantic import NonNegativeFloat, PositiveInt
from torch import Tensor

from ecorec.config import Config
from ecorec.graph.adjacency import numpy_dtype
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.cost import Cost
from ecorec.models.factors import right_singular_vectors
from ecorec.models.fit_cost import (
    decomposition,
    entry_bytes,
    item_item_product,
    mean_history,
    mean_row,
    most_item_pairs,
    sparse_cost,
)
from ecorec.models.neighbours import SparseScores, converted, rows_of_product, strongest
from ecorec.models.problem import Problem


class GFCFConfig(Config):
    """Hyper-parameters of GF-CF."""

    n_factors: PositiveInt = 256
    """Rank of the ideal filter: eigenvectors of the items' graph that it lets through."""
    n_rounds: PositiveInt = 16
    """Products with the interactions and back that find the vectors; more are closer."""
    ideal_weight: NonNegativeFloat = 0.3
    """Weight of the ideal filter beside the linear one (the paper's alpha)."""


class GFCF:
    """A history times the items' graph, plus its projection onto smooth signals."""

    def __init__(self, config: GFCFConfig) -> None:
        self.config = config
        self._vectors = torch.zeros(0, 0)
        self._n_edges = 0

    def fit(self, graph: BipartiteGraph) -> None:
        """Multiply out the items' graph and find its smoothest signals."""
        normalized = graph.normalized_interactions().astype(numpy_dtype(graph.dtype))
        rank, n_rounds = self.config.n_factors, self.config.n_rounds
        vectors = right_singular_vectors(normalized, rank, n_rounds)
        self._use(torch.from_numpy(vectors), graph)

    def _use(self, vectors: Float[Tensor, "items rank"], graph: BipartiteGraph) -> None:
        normalized = graph.normalized_interactions()
        items_graph = strongest(normalized.T.tocsr(), normalized, None, with_self=True)
        self._history = converted(graph.interactions(), numpy_dtype(graph.dtype))
        self._linear = SparseScores(self._history, items_graph, graph)
        self._n_edges = int(items_graph.nnz)
        self._vectors, self._device = vectors, graph.device
        degrees = np.bincount(self._history.indices, minlength=graph.n_items)
        scale = np.sqrt(degrees).astype(numpy_dtype(graph.dtype))[:, None]
        table = vectors.numpy()
        self._into = np.divide(table, scale, out=np.zeros_like(table), where=scale > 0)
        self._back = torch.from_numpy(table * scale * self.config.ideal_weight).T

    def scores(self, users: Int64[Tensor, " batch"]) -> Float[Tensor, "batch items"]:
        """Return both filters' answers to the users' histories."""
        linear = self._linear.scores(users)
        smooth = rows_of_product(self._history, self._into, users.cpu().numpy())
        return linear + (torch.from_numpy(smooth) @ self._back).to(self._device)

    @property
    def n_parameters(self) -> int:
        """Edges of the items' graph, and entries of the eigenvectors."""
        return self._n_edges + self._vectors.numel()

    def state(self) -> dict[str, Tensor]:
        """Return the eigenvectors, for a checkpoint; the items' graph is one product away."""
        return {"vectors": self._vectors}

    def restore(self, state: dict[str, Tensor], graph: BipartiteGraph) -> None:
        """Take over the eigenvectors from a checkpoint and multiply out the items' graph."""
        self._use(state["vectors"].to("cpu", graph.dtype), graph)


def gfcf_cost(config: GFCFConfig, problem: Problem) -> Cost:
    """Return what GF-CF takes: the decomposition and the items' graph.

    How many edges that graph has depends on the data: here, as many as there can be. A user of
    mean activity sums a row of it and one of the vectors for each item, then scores by these.
    """
    rank = min(config.n_factors, problem.n_users, problem.n_items)
    n_edges = most_item_pairs(problem) + problem.n_items
    fit = decomposition(problem, config.n_factors, config.n_rounds) + item_item_product(problem)
    history = mean_history(problem)
    return sparse_cost(
        problem,
        fit,
        n_parameters=n_edges + problem.n_items * rank,
        summed=history * mean_row(problem, n_edges),
        each=entry_bytes(problem, n_edges),
        in_tables=(history + problem.n_items) * rank,
    )
