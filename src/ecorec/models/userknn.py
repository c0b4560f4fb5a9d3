"""UserKNN: what users like this one have.

Resnick et al., *GroupLens*, CSCW 1994, as cosine neighbourhoods of implicit interactions with the
shrinkage of Dacrema et al. (TOIS 2021). A user is scored by their own nearest neighbours (in the
code of Dacrema et al. by those who count the user among their nearest). Checked against dense
linear algebra in `tests/models/test_training_free.py`.
"""

from typing import Any

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt
from scipy import sparse

from ecorec.config import Config
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.cost import Cost
from ecorec.models.fit_cost import mean_history, sparse_cost, user_user_product
from ecorec.models.neighbours import strongest
from ecorec.models.problem import Problem
from ecorec.models.sparse_weights import UserWeights


class UserKNNConfig(Config):
    """Hyper-parameters of UserKNN."""

    n_neighbours: PositiveInt = 100
    """Most similar users that are kept for each user."""
    shrinkage: NonNegativeFloat = 10.0
    """Added to the cosine's denominator: similarities on few common items count less."""


class UserKNN(UserWeights[UserKNNConfig]):
    """Sum of the similarities between a user and the users that have an item."""

    def weigh(self, graph: BipartiteGraph) -> "sparse.csr_array[Any]":
        """Return each user's most similar users."""
        history = graph.interactions()
        norms = np.sqrt(np.diff(history.indptr))
        kept, shrinkage = self.config.n_neighbours, self.config.shrinkage
        return strongest(history, history.T.tocsr(), kept, norms=norms, shrinkage=shrinkage)


def userknn_cost(config: UserKNNConfig, problem: Problem) -> Cost:
    """Return what UserKNN takes.

    The user-user product has a multiply-add for every pair of users of every item. How many
    neighbours are kept, and how active they are, is known after the fit only: here every user has
    as many as they may, of mean activity (real neighbours are more active than that).
    """
    n_neighbours = min(config.n_neighbours, problem.n_users - 1)
    return sparse_cost(
        problem,
        user_user_product(problem),
        n_parameters=problem.n_users * n_neighbours,
        summed=mean_history(problem) * n_neighbours,
    )
