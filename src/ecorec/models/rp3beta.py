"""RP3beta: random walks of three steps from the user, popular items held back.

Christoffel, Paudel, Newell and Bernstein, *Blockbusters and Wallflowers*, RecSys 2015: the
probability to arrive at an item over its popularity to the power beta. As in Dacrema et al.
(TOIS 2021), transition probabilities may be raised to a power alpha (P3alpha, Cooper et al., WWW
2014) and each item keeps its strongest targets; their defaults, without their rescaling of rows.
Checked against dense linear algebra in `tests/models/test_training_free.py`.
"""

from typing import Any

import numpy as np
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt
from scipy import sparse

from ecorec.config import Config
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.cost import Cost
from ecorec.models.fit_cost import item_item_product, mean_history, sparse_cost
from ecorec.models.neighbours import strongest
from ecorec.models.problem import Problem
from ecorec.models.sparse_weights import ItemWeights


class RP3BetaConfig(Config):
    """Hyper-parameters of RP3beta."""

    alpha: PositiveFloat = 1.0
    """Power of each transition probability."""
    beta: NonNegativeFloat = 0.6
    """Power of an item's popularity by which its score is divided."""
    n_neighbours: PositiveInt = 100
    """Strongest targets that are kept for each item."""


class RP3Beta(ItemWeights[RP3BetaConfig]):
    """Walks user, item, user, item; the target is penalised by its popularity."""

    def weigh(self, graph: BipartiteGraph) -> "sparse.csr_array[Any]":
        """Return each item's strongest targets over one common user."""
        history = graph.interactions()
        by_item = history.T.tocsr()
        alpha, beta = self.config.alpha, self.config.beta
        n_items_of, n_users_of = np.diff(history.indptr), np.diff(by_item.indptr)
        # Entry (i, j): the sum over users of (deg i * deg u)^-alpha, over (deg j)^beta.
        user_to_item = np.repeat(n_items_of, n_items_of) ** -alpha
        held_back = n_users_of[history.indices] ** -beta
        last_step = sparse.csr_array(
            (user_to_item * held_back, history.indices, history.indptr), shape=history.shape
        )
        by_item.data = np.repeat(n_users_of, n_users_of) ** -alpha
        return strongest(by_item, last_step, self.config.n_neighbours)


def rp3beta_cost(config: RP3BetaConfig, problem: Problem) -> Cost:
    """Return what RP3beta takes; the powers of degrees are not counted.

    As of ItemKNN: every item has as many targets as it may, and a user of mean activity reads
    that many for each item.
    """
    n_neighbours = min(config.n_neighbours, problem.n_items - 1)
    return sparse_cost(
        problem,
        item_item_product(problem),
        n_parameters=problem.n_items * n_neighbours,
        summed=mean_history(problem) * n_neighbours,
    )
