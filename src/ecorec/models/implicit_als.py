"""Implicit ALS: factors of weighted interactions by alternating least squares.

Hu, Koren and Volinsky, *Collaborative Filtering for Implicit Feedback Datasets*, ICDM 2008, as
the library `implicit` computes it (conjugate gradients: Takács et al., RecSys 2011), with the
library's defaults; they are not the paper's, which takes a confidence of 40. Checked against
dense linear algebra in `tests/models/test_implicit_models.py`.
"""

import torch
from jaxtyping import Float, Int64
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt
from torch import Tensor

from ecorec.config import Config
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.factors import Factors
from ecorec.models.implicit_library import fitted


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


class ImplicitALS:
    """Inner products of factors that reconstruct the interactions, blanks with less weight."""

    def __init__(self, config: ImplicitALSConfig) -> None:
        self.config = config
        self._factors = Factors.nothing()

    def fit(self, graph: BipartiteGraph) -> None:
        """Alternate between users and items.

        Raises:
            InputError: The library `implicit` is not installed.
        """
        self._factors = fitted(
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

    def scores(self, users: Int64[Tensor, " batch"]) -> Float[Tensor, "batch items"]:
        """Return the inner product of these users with every item."""
        return self._factors.scores(users)

    @property
    def n_parameters(self) -> int:
        """Entries of the user and the item factors."""
        return self._factors.n_parameters

    def state(self) -> dict[str, Tensor]:
        """Return the factors, for a checkpoint."""
        return self._factors.state()

    def restore(self, state: dict[str, Tensor], graph: BipartiteGraph) -> None:
        """Take over the factors from a checkpoint."""
        self._factors = Factors.restored(state, graph)
