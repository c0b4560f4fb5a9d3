"""PureSVD: the interactions, blanks as zeros, in the best approximation of low rank.

Cremonesi, Koren and Turrin, *Performance of Recommender Algorithms on Top-N Recommendation
Tasks*, RecSys 2010, with the smaller of the two ranks that they use. Checked against dense linear
algebra in `tests/models/test_training_free.py`.
"""

from dataclasses import replace

from pydantic import PositiveInt

from ecorec.config import Config
from ecorec.graph.adjacency import numpy_dtype
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.cost import Cost
from ecorec.models.factor_model import FactorModel
from ecorec.models.factors import Factors, right_singular_vectors
from ecorec.models.fit_cost import decomposition, factors_cost, thin_product
from ecorec.models.problem import Problem
from ecorec.models.served import Vectors


class PureSVDConfig(Config):
    """Hyper-parameters of PureSVD."""

    n_factors: PositiveInt = 50
    """Singular vectors that are kept; fewer if there are not as many users or items."""
    n_rounds: PositiveInt = 16
    """Products with the interactions and back that find the vectors; more are closer."""


class PureSVD(FactorModel[PureSVDConfig]):
    """A user's history, projected onto the leading right singular vectors."""

    def factorise(self, graph: BipartiteGraph) -> Factors:
        """Decompose the interactions."""
        history = graph.interactions().astype(numpy_dtype(graph.dtype))
        items = right_singular_vectors(history, self.config.n_factors, self.config.n_rounds)
        return Factors.on(graph, history @ items, items)

    def served(self) -> Vectors:
        """Return what is deployed: both tables of factors; a history is projected by a sum."""
        return replace(super().served(), fold_in="sum")


def puresvd_cost(config: PureSVDConfig, problem: Problem) -> Cost:
    """Return what PureSVD takes: the decomposition, and the product that gives the user factors."""
    rank = min(config.n_factors, problem.n_users, problem.n_items)
    fit = decomposition(problem, config.n_factors, config.n_rounds) + thin_product(problem, rank)
    return factors_cost(problem, fit, rank)
