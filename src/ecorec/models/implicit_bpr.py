"""Implicit BPR: matrix factorisation by Bayesian personalised ranking, in compiled code.

Rendle et al., *BPR: Bayesian Personalized Ranking from Implicit Feedback*, UAI 2009, as the
library `implicit` computes it: an item bias, stochastic gradient steps pair by pair, negatives
in proportion to their interactions that are checked; the library's defaults. On one thread,
because its threads race for the factors and no two fits would agree. Checked in
`tests/models/test_implicit_models.py`.
"""

from dataclasses import replace

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from ecorec.config import Config
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.cost import Cost
from ecorec.models.factor_model import FactorModel
from ecorec.models.factors import Factors
from ecorec.models.fit_cost import factors_cost
from ecorec.models.implicit_library import FLOAT_BYTES, fitted
from ecorec.models.problem import Problem
from ecorec.models.served import Vectors
from ecorec.models.work import INDEX_BYTES, Work


class ImplicitBPRConfig(Config):
    """Hyper-parameters of implicit BPR."""

    n_factors: PositiveInt = 64
    """Width of the user and item factors, the bias apart; the library takes 100."""
    learning_rate: PositiveFloat = 0.01
    """Length of a step."""
    l2_weight: NonNegativeFloat = 0.01
    """Of the squared factors of a step's user and items."""
    n_iterations: PositiveInt = 100
    """Passes over as many pairs as there are interactions."""
    random_seed: NonNegativeInt = 0
    """Of the factors at the start and of the pairs."""


class ImplicitBPR(FactorModel[ImplicitBPRConfig]):
    """Inner products of factors that put what a user has before what they have not."""

    def factorise(self, graph: BipartiteGraph) -> Factors:
        """Take the gradient steps.

        Raises:
            InputError: The library `implicit` is not installed.
        """
        return fitted(
            "bpr",
            "BayesianPersonalizedRanking",
            graph,
            factors=self.config.n_factors,
            learning_rate=self.config.learning_rate,
            regularization=self.config.l2_weight,
            iterations=self.config.n_iterations,
            verify_negative_samples=True,
            num_threads=1,
            random_state=self.config.random_seed,
        )

    def served(self) -> Vectors:
        """Return both tables, whose last column is the item's bias and 1 for every user."""
        return replace(super().served(), fold_in="unit-sum-bias")


def implicit_bpr_cost(config: ImplicitBPRConfig, problem: Problem) -> Cost:
    """Return what implicit BPR takes, if no drawn negative is one of the user's items.

    Those are skipped; how many there are depends on the data. A step takes a dot product of the
    factors and the bias, three multiply-adds for each factor of a user and two items (gradient,
    penalty, step), and two for the bias of each item.
    """
    width = config.n_factors + 1
    table = problem.n_nodes * width * FLOAT_BYTES
    step = Work(
        row_multiply_adds=width + 9 * config.n_factors + 4,
        # Three rows read and written; a user and two items that stand somewhere in the list.
        random_bytes=6 * width * FLOAT_BYTES + 3 * INDEX_BYTES,
        table_bytes=table,
    )
    return factors_cost(problem, config.n_iterations * problem.n_interactions * step, width)
