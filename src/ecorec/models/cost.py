"""What a model takes by formula: parameters, multiply-adds and bytes, beside which joules stand."""

from collections.abc import Callable
from typing import Any

from pydantic import NonNegativeFloat, NonNegativeInt

from ecorec.config import Config
from ecorec.models.problem import Batch, Count, Problem
from ecorec.models.work import Work, adam


class Cost(Config):
    """A model's cost on one problem; a fit in closed form counts as one epoch."""

    n_parameters: NonNegativeInt
    """Numbers that are learned; at most so many where the data decide."""
    sparse_products_per_step: NonNegativeInt
    """Products of the adjacency with a table of all nodes, both directions of a step."""
    sparse_multiply_adds_per_epoch: NonNegativeFloat
    dense_multiply_adds_per_epoch: NonNegativeFloat
    row_multiply_adds_per_epoch: NonNegativeFloat
    """Of loops over pairs and over parameters."""
    random_bytes_per_epoch: NonNegativeFloat
    """Rows that are read or written in no order."""
    streamed_bytes_per_epoch: NonNegativeFloat
    table_bytes: NonNegativeFloat
    """The largest table whose rows are read in no order."""
    multiply_adds_per_recommendation: NonNegativeFloat
    """Scoring all items for one user."""
    bytes_per_recommendation: NonNegativeFloat

    @property
    def multiply_adds_per_epoch(self) -> float:
        """Sparse, dense, and those of loops over pairs and parameters."""
        return (
            self.sparse_multiply_adds_per_epoch
            + self.dense_multiply_adds_per_epoch
            + self.row_multiply_adds_per_epoch
        )

    @property
    def bytes_per_epoch(self) -> float:
        """At random places and streamed."""
        return self.random_bytes_per_epoch + self.streamed_bytes_per_epoch


Formula = Callable[[Any, Problem], Cost]
"""Takes a model's config and the problem."""


def trained(
    problem: Problem, n_parameters: int, score_width: int, step: Callable[[Batch], Work]
) -> Cost:
    """Return the cost of a model of embeddings that Adam trains on pairs.

    Args:
        problem: Sizes.
        n_parameters: Numbers that are learned; each has a gradient in every step.
        score_width: Columns of the embeddings that score.
        step: Returns what loss and gradient of a batch take, without the optimiser.
    """
    steps = [(count, step(batch)) for count, batch in problem.batches]
    optimiser = adam(problem, n_parameters)
    return cost_of(
        sum((count * (work + optimiser) for count, work in steps), start=Work()),
        n_parameters=n_parameters,
        n_products=steps[0][1].n_products if steps else 0,
        multiply_adds_per_recommendation=problem.n_items * score_width,
        bytes_per_recommendation=problem.element_bytes
        * ((problem.n_items + 1) * score_width + problem.n_items),
    )


def cost_of(
    epoch: Work,
    *,
    n_parameters: int,
    n_products: int = 0,
    multiply_adds_per_recommendation: Count,
    bytes_per_recommendation: Count,
) -> Cost:
    """Return the cost of a model from the work of an epoch, or of a fit in closed form.

    Args:
        epoch: All steps of an epoch.
        n_parameters: Numbers that are learned.
        n_products: Products with the adjacency in one step.
        multiply_adds_per_recommendation: To score all items for one user.
        bytes_per_recommendation: The same, moved.
    """
    return Cost(
        n_parameters=n_parameters,
        sparse_products_per_step=n_products,
        sparse_multiply_adds_per_epoch=epoch.sparse_multiply_adds,
        dense_multiply_adds_per_epoch=epoch.dense_multiply_adds,
        row_multiply_adds_per_epoch=epoch.row_multiply_adds,
        random_bytes_per_epoch=epoch.random_bytes,
        streamed_bytes_per_epoch=epoch.streamed_bytes,
        table_bytes=epoch.table_bytes,
        multiply_adds_per_recommendation=multiply_adds_per_recommendation,
        bytes_per_recommendation=bytes_per_recommendation,
    )
