"""User and item factors that score by inner products, and the decomposition that gives them."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy import ndarray
from scipy import sparse
from torch import Tensor

from ecorec.graph.bipartite import BipartiteGraph
from ecorec.graph.low_rank import orthonormal
from ecorec.models.neighbours import rows_of_product
from ecorec.models.served import Vectors

OVERSAMPLING = 32
"""Vectors that are carried along and dropped: they keep the last wanted ones apart."""


class Factors:
    """A user and an item table."""

    def __init__(
        self, users: Float[Tensor, "users size"], items: Float[Tensor, "items size"]
    ) -> None:
        self.users, self.items = users, items

    @classmethod
    def on(
        cls,
        graph: BipartiteGraph,
        users: Float[ndarray, "users size"],
        items: Float[ndarray, "items size"],
    ) -> "Factors":
        """Return the factors in the dtype and on the device of a graph."""
        tables = (torch.from_numpy(np.ascontiguousarray(table)) for table in (users, items))
        return cls(*(table.to(graph.device, graph.dtype) for table in tables))

    @classmethod
    def nothing(cls) -> "Factors":
        """Return what a model knows before it was fitted."""
        return cls(torch.zeros(0, 0), torch.zeros(0, 0))

    def scores(self, users: Int64[Tensor, " batch"]) -> Float[Tensor, "batch items"]:
        """Return the inner product of these users with every item."""
        return self.users[users] @ self.items.T

    def served(self) -> Vectors:
        """Return both tables, for deployment."""
        return Vectors(self.users, self.items)

    @property
    def n_parameters(self) -> int:
        """Entries of both tables."""
        return self.users.numel() + self.items.numel()

    def state(self) -> dict[str, Tensor]:
        """Return both tables, for a checkpoint."""
        return {"users": self.users, "items": self.items}

    @classmethod
    def restored(cls, state: dict[str, Tensor], graph: BipartiteGraph) -> "Factors":
        """Take over both tables from a checkpoint."""
        return cls(*(state[key].to(graph.device, graph.dtype) for key in ("users", "items")))


def right_singular_vectors(
    matrix: "sparse.csr_array[Any]", rank: int, n_rounds: int
) -> Float[ndarray, "columns rank"]:
    """Return approximate leading right singular vectors, the largest value first.

    Subspace iteration from a drawn start, always the same draw: Halko, Martinsson and Tropp (SIAM
    Review 2011), algorithm 4.4, and Rayleigh and Ritz's best choice within the subspace. Only
    products of the sparse matrix with thin ones, in its own dtype. Exact where the subspace holds
    every row; else vectors of values close to the first that is left out converge last.

    Args:
        matrix: Of floating point numbers.
        rank: How many are wanted; there are as many as the smaller side at most.
        n_rounds: Products with the matrix and its transpose.
    """
    width = min(rank + OVERSAMPLING, *matrix.shape)
    transposed = matrix.T.tocsr()
    all_rows, all_columns = (np.arange(size) for size in matrix.shape)
    start = np.random.default_rng(0).normal(size=(matrix.shape[1], width))
    basis = _orthonormal(start.astype(matrix.dtype))
    for _ in range(n_rounds):
        # Without a name, the image in the other space is freed before the next one is made.
        basis = _orthonormal(
            rows_of_product(transposed, rows_of_product(matrix, basis, all_rows), all_columns)
        )
    of_basis = torch.from_numpy(rows_of_product(matrix, basis, all_rows))
    _, rotation = torch.linalg.eigh(of_basis.T @ of_basis)
    wanted = rotation.flip(1)[:, :rank]
    return np.ascontiguousarray((torch.from_numpy(basis) @ wanted).numpy())


def _orthonormal(columns: Float[ndarray, "rows columns"]) -> Float[ndarray, "rows columns"]:
    return np.ascontiguousarray(orthonormal(columns).numpy())
