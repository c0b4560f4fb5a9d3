"""Implicit ALS: factors of weighted interactions by alternating least squares.

Hu, Koren and Volinsky, *Collaborative Filtering for Implicit Feedback Datasets*, ICDM 2008, as
the library `implicit` computes it (conjugate gradients: Takács et al., RecSys 2011), with the
library's defaults; they are not the paper's, which takes a confidence of 40. Checked against
dense linear algebra in `tests/models/test_implicit_models.py`.
"""

import torch
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from ecorec.config import Config
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.cost import Cost
from ecorec.models.factor_model import FactorModel
from ecorec.models.factors import Factors
from ecorec.models.fit_cost import factors_cost
from ecorec.models.implicit_library import FLOAT_BYTES, fitted
from ecorec.models.problem import Problem
from ecorec.models.work import INDEX_BYTES, Work


class ImplicitALSConfig(Config):
    """Hyper-parameters of implicit ALS."""

    n_factors: PositiveInt = 64
    """Width of the user and item factors; the library takes 100."""
    l2_weight: NonNegativeFloat = 0.01
    """Of the squared factors."""
    confidence: PositiveFloat = 1.0
    """Weight of an interaction; one that is not there has weight 1 (the paper's 1 + alpha)."""
    n_iterations: PositiveInt = 15
    """Times that users and items are solved for."""
    conjugate_gradients: bool = True
    """Three steps of conjugate gradients for each row, instead of its exact solution."""
    random_seed: NonNegativeInt = 0
    """Of the factors at the start."""


class ImplicitALS(FactorModel[ImplicitALSConfig]):
    """Inner products of factors that reconstruct the interactions, blanks with less weight."""

    def factorise(self, graph: BipartiteGraph) -> Factors:
        """Alternate between users and items.

        Raises:
            InputError: The library `implicit` is not installed.
        """
        return fitted(
            "als",
            "AlternatingLeastSquares",
            graph,
            factors=self.config.n_factors,
            regularization=self.config.l2_weight,
            alpha=self.config.confidence,
            iterations=self.config.n_iterations,
            use_cg=self.config.conjugate_gradients,
            num_threads=torch.get_num_threads(),
            random_state=self.config.random_seed,
        )


GRADIENT_STEPS = 3
"""Of conjugate gradients, in the library."""


def implicit_als_cost(config: ImplicitALSConfig, problem: Problem) -> Cost:
    """Return what implicit ALS takes, if no row is solved before its last step.

    Once an iteration for users and once for items, the library multiplies out the other side's
    Gram matrix, of width^2 numbers. By conjugate gradients, a row is multiplied with it once at
    first and once a step, and so are its interactions' factors, twice each: a dot product and a
    sum. Exactly, each interaction adds width^2 to a matrix, which Cholesky solves: width^3 / 6,
    and width^2 for both triangles.
    """
    width, n_rows, n_entries = config.n_factors, problem.n_nodes, problem.n_edges
    passes = 1 + GRADIENT_STEPS if config.conjugate_gradients else 1
    gram, table = n_rows * width**2, n_rows * width * FLOAT_BYTES
    if config.conjugate_gradients:
        solved = Work(
            sparse_multiply_adds=passes * n_entries * 2 * width,
            dense_multiply_adds=passes * n_rows * width**2,
            # The residual's norm, and six operations on whole vectors in each step.
            row_multiply_adds=n_rows * (1 + 6 * GRADIENT_STEPS) * width,
        )
    else:
        solved = Work(
            sparse_multiply_adds=n_entries * (width**2 + width),
            dense_multiply_adds=n_rows * (width**3 / 6 + width**2),
        )
    iteration = solved + Work(
        dense_multiply_adds=gram,
        random_bytes=passes * n_entries * width * FLOAT_BYTES,
        # Gram matrices read the factors; solved rows are read and written.
        streamed_bytes=passes * n_entries * (INDEX_BYTES + FLOAT_BYTES) + 3 * table,
        table_bytes=table,
    )
    return factors_cost(problem, config.n_iterations * iteration, width)
