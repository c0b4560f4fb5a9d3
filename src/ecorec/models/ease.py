"""EASE: a linear autoencoder from items to items, in closed form.

Steck, *Embarrassingly Shallow Autoencoders for Sparse Data*, WWW 2019, equations 6 to 8, with
the l2 weight that it reports for MovieLens-20M. Items x items numbers and items^3 operations: it
says so instead of starting what memory cannot hold. Checked against dense linear algebra in
`tests/models/test_training_free.py`.
"""

import numpy as np
import psutil
import torch
from jaxtyping import Float, Int64
from pydantic import PositiveFloat
from torch import Tensor

from ecorec.config import Config
from ecorec.errors import InputError
from ecorec.graph.adjacency import numpy_dtype
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.cost import Cost, cost_of
from ecorec.models.fit_cost import item_item_product, mean_history
from ecorec.models.neighbours import converted, nothing, rows_of_product
from ecorec.models.problem import Problem
from ecorec.models.served import SparseProduct
from ecorec.models.work import Work

N_MATRICES = 3
"""Of items x items that exist at a time: the Gram matrix, its factor and its inverse."""

FLOAT32_RATIO = 1e4
"""Users of the most popular item for each unit of the l2 weight up to which float32 is enough.

Above, the matrix is factorised in float64. Items with the same users are the hardest: the largest
error of a weight was 5e-4 at this ratio, .05 at 1e6, and .15 at 1e7. Without such items it was less
than 5e-6 at any ratio.
"""

MATRIX_PASSES = 14
"""Times that such a matrix is read or written from end to end: the Gram matrix zeroed and read,
its factor and inverse copied and computed in place, the inverse laid out by rows and divided."""


class EASEConfig(Config):
    """Hyper-parameters of EASE."""

    l2_weight: PositiveFloat = 500.0
    """Added to the diagonal of the items' Gram matrix, which holds each item's number of users."""


class EASE:
    """A history times the ridge regression of each item on all others."""

    def __init__(self, config: EASEConfig) -> None:
        self.config = config
        self._history = nothing()
        self._weights = torch.zeros(0, 0)
        self._device = torch.device("cpu")

    def fit(self, graph: BipartiteGraph) -> None:
        """Solve for the weights.

        Raises:
            InputError: What it takes does not fit into the memory that is free, or the l2 weight is
                too small for any number type.
        """
        l2_weight, history = self.config.l2_weight, graph.interactions()
        most = int(np.bincount(history.indices, minlength=1).max())
        solved_in = torch.float64 if most > FLOAT32_RATIO * l2_weight else graph.dtype
        self._refuse_unless_it_fits(graph.n_items, solved_in.itemsize)
        history = converted(history, numpy_dtype(graph.dtype))
        by_item = history.T.tocsr()
        gram = torch.from_numpy(rows_of_product(by_item, history, np.arange(graph.n_items)))
        gram = gram.to(solved_in)
        gram.diagonal().add_(l2_weight)
        factor, failed_at = torch.linalg.cholesky_ex(gram)
        if failed_at:
            message = (
                f"EASE's l2_weight = {l2_weight:g} is lost beside the {most:,} users of an item"
            )
            raise InputError(message, hint=f"give at least {most * 1e-10:.1g}")
        inverse = torch.cholesky_inverse(factor)
        del gram, factor
        precision = inverse.contiguous()
        # Steck's equation 8: -P_ij / P_jj, and zero for an item itself.
        weights = precision.div_(-precision.diagonal().clone())
        weights.fill_diagonal_(0)
        self._use(weights.to(graph.dtype), graph)

    @staticmethod
    def _refuse_unless_it_fits(n_items: int, bytes_per_number: int) -> None:
        needed = N_MATRICES * n_items**2 * bytes_per_number
        free = psutil.virtual_memory().available
        if needed > free:
            message = (
                f"EASE on {n_items:,} items needs {needed / 2**30:,.1f} GiB for items x items "
                f"numbers, and {free / 2**30:,.1f} GiB are free"
            )
            hint = "take a sparse model (itemknn, rp3beta, slim, turbo-cf), or raise data.k_core"
            raise InputError(message, hint=hint)

    def _use(self, weights: Float[Tensor, "items items"], graph: BipartiteGraph) -> None:
        self._weights, self._device = weights, graph.device
        self._history = converted(graph.interactions(), numpy_dtype(graph.dtype))

    def scores(self, users: Int64[Tensor, " batch"]) -> Float[Tensor, "batch items"]:
        """Return the users' histories times the weights."""
        found = rows_of_product(self._history, self._weights.numpy(), users.cpu().numpy())
        return torch.from_numpy(found).to(self._device)

    def served(self) -> SparseProduct:
        """Return what is deployed: histories and weights between items."""
        return SparseProduct(self._history, self._weights.numpy(), of_histories=True)

    @property
    def n_parameters(self) -> int:
        """One weight for each pair of items."""
        return self._weights.numel()

    def state(self) -> dict[str, Tensor]:
        """Return the weights, for a checkpoint."""
        return {"weights": self._weights}

    def restore(self, state: dict[str, Tensor], graph: BipartiteGraph) -> None:
        """Take over the weights from a checkpoint."""
        self._use(state["weights"].to("cpu", graph.dtype), graph)


def ease_cost(_: EASEConfig, problem: Problem) -> Cost:
    """Return what EASE takes.

    The Gram matrix has a multiply-add for every pair of items of every user. Of its inverse, the
    highest power is counted: items^3 / 6 for the Cholesky factor, items^3 / 6 for the factor's
    inverse and items^3 / 6 for that times its transpose. A user of mean activity sums a row of
    the weights for each item. With an l2 weight so small that float64 is taken (`FLOAT32_RATIO`),
    a fit in float32 moves twice the bytes that are counted.
    """
    n_items, number, history = problem.n_items, problem.element_bytes, mean_history(problem)
    inverse = Work(
        dense_multiply_adds=n_items**3 / 2,
        row_multiply_adds=n_items**2,
        streamed_bytes=MATRIX_PASSES * n_items**2 * number,
    )
    return cost_of(
        item_item_product(problem) + inverse,
        n_parameters=n_items**2,
        multiply_adds_per_recommendation=history * n_items,
        bytes_per_recommendation=number * (history + 1) * n_items,
    )
