"""The training interactions as a bipartite graph, and the one way to send messages over it."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from ecorec.graph import kernels
from ecorec.graph.adjacency import normalized_adjacency
from ecorec.graph.kernels import Kernel


class BipartiteGraph:
    """Users and items joined by the training interactions.

    Args:
        users: Shape (interactions,): user index of each training interaction.
        items: Shape (interactions,): item index of each training interaction.
        n_users: Number of users, those without training interactions included.
        n_items: Number of items, those without training interactions included.
        dtype: What models on this graph compute in.
        device: Where models on this graph live.
        kernel: Which propagation kernel to use; the fastest for the device if `None`.
    """

    def __init__(
        self,
        users: NDArray[np.int64],
        items: NDArray[np.int64],
        n_users: int,
        n_items: int,
        *,
        dtype: torch.dtype = torch.float32,
        device: torch.device | None = None,
        kernel: Kernel | None = None,
    ) -> None:
        self.n_users = n_users
        self.n_items = n_items
        self.dtype = dtype
        self.device = device or torch.device("cpu")
        self.kernel: Kernel = kernel or kernels.default_kernel(self.device)
        self.adjacency = normalized_adjacency(users, items, n_users, n_items, dtype)
        self._product: kernels.LibraryProduct | kernels.EdgeWiseProduct | None = None
        if self.kernel == "library":
            self._product = kernels.LibraryProduct(self.adjacency, self.device)
        elif self.kernel == "edge-wise":
            self._product = kernels.EdgeWiseProduct(self.adjacency, self.device)

    @property
    def n_nodes(self) -> int:
        """Users and items together; users come first."""
        return self.n_users + self.n_items

    def interactions(self) -> "sparse.csr_array[Any]":
        """Return the training interactions as ones in a (users, items) CSR matrix."""
        return self._user_rows(np.ones(self.adjacency.n_edges // 2))

    def normalized_interactions(self) -> "sparse.csr_array[Any]":
        """Return the (users, items) block of the normalised adjacency."""
        return self._user_rows(self.adjacency.values)

    def _user_rows(self, values: NDArray[np.floating]) -> "sparse.csr_array[Any]":
        indptr = self.adjacency.indptr[: self.n_users + 1]
        end = indptr[-1]
        columns = self.adjacency.indices[:end] - self.n_users
        return sparse.csr_array((values[:end], columns, indptr), shape=(self.n_users, self.n_items))

    def propagate(self, embeddings: Float[Tensor, "nodes size"]) -> Float[Tensor, "nodes size"]:
        """Return the normalised adjacency times the embeddings (LightGCN, equation 8).

        The gradient is the same product again, because the adjacency is symmetric; only the
        edge-wise kernel leaves it to autograd, as the code it stands for does.
        """
        if isinstance(self._product, kernels.EdgeWiseProduct):
            return self._product(embeddings)
        propagated: Tensor = _SymmetricProduct.apply(embeddings, self)  # type: ignore[no-untyped-call]
        return propagated

    def multiply(self, dense: Float[Tensor, "nodes size"]) -> Float[Tensor, "nodes size"]:
        """Return the normalised adjacency times `dense`, outside autograd."""
        if self._product is None:
            return kernels.fixed_width(self.adjacency, dense)
        return self._product(dense.detach())


class _SymmetricProduct(torch.autograd.Function):
    """The product with a symmetric matrix: its backward pass is its forward pass."""

    @staticmethod
    def forward(ctx: Any, embeddings: Tensor, graph: BipartiteGraph) -> Tensor:
        ctx.graph = graph
        return graph.multiply(embeddings)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return ctx.graph.multiply(gradients[0]), None
