"""ItemKNN: items like those the user already has.

Deshpande and Karypis, *Item-based Top-N Recommendation Algorithms*, TOIS 2004, with the
shrunk cosine that Dacrema et al. (TOIS 2021) use, and like theirs with each item's own most
similar items (their code adds 1e-6 to the denominator); implicit, binary interactions. Checked
against dense linear algebra in `tests/models/test_training_free.py`.
"""

from typing import Any

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt
from scipy import sparse

from ecorec.config import Config
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.cost import Cost
from ecorec.models.fit_cost import item_item_product, mean_history, sparse_cost
from ecorec.models.neighbours import strongest
from ecorec.models.problem import Problem
from ecorec.models.sparse_weights import ItemWeights


class ItemKNNConfig(Config):
    """Hyper-parameters of ItemKNN."""

    n_neighbours: PositiveInt = 100
    """Most similar items that are kept for each item."""
    shrinkage: NonNegativeFloat = 10.0
    """Added to the cosine's denominator: similarities on few common users count less."""


class ItemKNN(ItemWeights[ItemKNNConfig]):
    """Sum of the similarities between an item and the user's items."""

    def weigh(self, graph: BipartiteGraph) -> "sparse.csr_array[Any]":
        """Return each item's most similar items, as columns."""
        history = graph.interactions()
        by_item = history.T.tocsr()
        norms = np.sqrt(np.diff(by_item.indptr))
        kept, shrinkage = self.config.n_neighbours, self.config.shrinkage
        # Row j lists the items that speak for j; scoring reads it by column.
        neighbours = strongest(by_item, history, kept, norms=norms, shrinkage=shrinkage)
        return neighbours.T.tocsr()


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
