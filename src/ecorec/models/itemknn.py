"""ItemKNN: items like those the user already has.

Deshpande and Karypis, *Item-based Top-N Recommendation Algorithms*, TOIS 2004, with the
shrunk cosine that Dacrema et al. (TOIS 2021) use, and like theirs with each item's own most
similar items (their code adds 1e-6 to the denominator); implicit, binary interactions. Checked
against dense linear algebra in `tests/models/test_training_free.py`.
"""

import numpy as np
from jaxtyping import Float, Int64
from pydantic import NonNegativeFloat, PositiveInt
from torch import Tensor

from ecorec.config import Config
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.cost import Cost
from ecorec.models.fit_cost import item_item_product, mean_history, sparse_cost
from ecorec.models.neighbours import SparseScores, nothing, packed, strongest, unpacked
from ecorec.models.problem import Problem
from ecorec.models.served import SparseProduct


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
        self._similarity = nothing()

    def fit(self, graph: BipartiteGraph) -> None:
        """Keep each item's most similar items."""
        history = graph.interactions()
        by_item = history.T.tocsr()
        norms = np.sqrt(np.diff(by_item.indptr))
        kept, shrinkage = self.config.n_neighbours, self.config.shrinkage
        # Row j lists the items that speak for j; scoring reads it by column.
        neighbours = strongest(by_item, history, kept, norms=norms, shrinkage=shrinkage)
        self._similarity = neighbours.T.tocsr()
        self._scorer = SparseScores(history, self._similarity, graph)

    def scores(self, users: Int64[Tensor, " batch"]) -> Float[Tensor, "batch items"]:
        """Return, for each item, the summed similarity of its neighbours among the user's items."""
        return self._scorer.scores(users)

    def served(self) -> SparseProduct:
        """Return what is deployed: histories and weights between items."""
        return self._scorer.served()

    @property
    def n_parameters(self) -> int:
        """One similarity for each kept neighbour."""
        return int(self._similarity.nnz)

    def state(self) -> dict[str, Tensor]:
        """Return the neighbours and their similarities, for a checkpoint."""
        return packed(self._similarity)

    def restore(self, state: dict[str, Tensor], graph: BipartiteGraph) -> None:
        """Take over the neighbours from a checkpoint."""
        self._similarity = unpacked(state, graph.n_items)
        self._scorer = SparseScores(graph.interactions(), self._similarity, graph)


def itemknn_cost(config: ItemKNNConfig, problem: Problem) -> Cost:
    """Return what ItemKNN takes.

    The item-item product has a multiply-add for every pair of items of every user. How many
    neighbours are kept, and whose lists a user's items are on, is known after the fit only: here
    every item has as many as it may, and a user of mean activity reads that many for each item.
    """
    n_neighbours = min(config.n_neighbours, problem.n_items - 1)
    return sparse_cost(
        problem,
        item_item_product(problem),
        n_parameters=problem.n_items * n_neighbours,
        summed=mean_history(problem) * n_neighbours,
    )
