"""A truncated singular value decomposition of the normalised interactions (for LightGCL)."""

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from ecorec.graph.bipartite import BipartiteGraph


def truncated_svd(
    graph: BipartiteGraph, rank: int, n_iter: int, rng: torch.Generator
) -> tuple[Float[Tensor, "users rank"], Float[Tensor, " rank"], Float[Tensor, "items rank"]]:
    """Return U, s and V with U diag(s) V^T close to the normalised interactions.

    Randomised subspace iteration: Halko, Martinsson, Tropp (SIAM Review 2011), algorithms
    4.4 and 5.1. Only products of the sparse matrix with thin ones; nothing of size users x items.

    Args:
        graph: Whose (users, items) block is decomposed.
        rank: How many singular triples.
        n_iter: Power iterations; more bring the subspace closer to the leading one.
        rng: Draws the first subspace.
    """
    matrix = graph.normalized_interactions().astype(np.float64)
    width = min(rank, *matrix.shape)
    start = torch.randn(matrix.shape[1], width, generator=rng, dtype=torch.float64).numpy()
    basis = orthonormal(matrix @ start)
    for _ in range(n_iter):
        basis = orthonormal(matrix.T @ basis.numpy())
        basis = orthonormal(matrix @ basis.numpy())
    left, s, right = torch.linalg.svd(
        torch.from_numpy(matrix.T @ basis.numpy()).T, full_matrices=False
    )
    found = (basis @ left, s, right.T.contiguous())
    user_side, values, item_side = (part.to(graph.device, graph.dtype) for part in found)
    return user_side, values, item_side


def orthonormal(columns: Float[ndarray, "rows columns"]) -> Float[Tensor, "rows columns"]:
    """Return an orthonormal basis of what some columns span."""
    # torch's LAPACK keeps to the threads of the run; numpy's starts its own, and they spin.
    basis: Tensor = torch.linalg.qr(torch.from_numpy(columns)).Q
    return basis
