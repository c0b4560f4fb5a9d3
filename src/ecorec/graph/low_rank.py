"""A truncated singular value decomposition of the normalised interactions (for LightGCL)."""

import numpy as np
import torch
from jaxtyping import Float
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
    basis = np.linalg.qr(matrix @ start)[0]
    for _ in range(n_iter):
        basis = np.linalg.qr(matrix.T @ basis)[0]
        basis = np.linalg.qr(matrix @ basis)[0]
    left, s, right = np.linalg.svd((matrix.T @ basis).T, full_matrices=False)

    def tensor(array: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(graph.device, graph.dtype)

    return tensor(basis @ left), tensor(s), tensor(right.T)
