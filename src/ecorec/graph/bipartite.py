"""The training interactions as a bipartite graph, and the one way to send messages over it."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from ecorec.graph import kernels
from ecorec.graph.adjacency import RowBlocks, normalized_adjacency
from ecorec.graph.fixed_width import fixed_width
from ecorec.graph.kernels import Kernel
from ecorec.graph.mapped import in_chunks, mapped_adjacency, mapped_table
from ecorec.graph.products import layer_sum, symmetric_product
from ecorec.graph.reach import EVERYONE, Reach, reach
from ecorec.graph.shard import WHOLE, ColumnShard


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
        shard: Which columns of a model's tables live in this process.
        folder: Where the adjacency and the models' tables are files that are mapped into memory;
            in memory itself, if not given.
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
        shard: ColumnShard = WHOLE,
        folder: Path | None = None,
    ) -> None:
        self.n_users = n_users
        self.n_items = n_items
        self.dtype = dtype
        self.device = device or torch.device("cpu")
        self.shard = shard
        self.kernel: Kernel = kernel or kernels.default_kernel(self.device)
        self.folder = folder
        if folder is None:
            self.adjacency = normalized_adjacency(users, items, n_users, n_items, dtype)
        else:
            chunks = in_chunks(users, items)
            self.adjacency = mapped_adjacency(chunks, n_users, n_items, dtype, folder)
        self._product: kernels.LibraryProduct | kernels.EdgeWiseProduct | None = None
        if self.kernel == "library":
            self._product = kernels.LibraryProduct(self.adjacency, self.device)
        elif self.kernel == "edge-wise":
            self._product = kernels.EdgeWiseProduct(self.adjacency, self.device)

    @property
    def n_nodes(self) -> int:
        """Users and items together; users come first."""
        return self.n_users + self.n_items

    def placed(self, table: Float[Tensor, "nodes size"]) -> Float[Tensor, "nodes own"]:
        """Return a model's table as it lives here: its own columns, dtype, device, and place."""
        own = self.shard.cut(table).to(self.device, self.dtype)
        return own if self.folder is None else mapped_table(own, self.folder)

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

    def propagate(
        self,
        embeddings: Float[Tensor, "nodes size"],
        plus: Float[Tensor, "nodes size"] | None = None,
        *,
        seen: Reach = EVERYONE,
    ) -> Float[Tensor, "nodes size"]:
        """Return the normalised adjacency times the embeddings (LightGCN, equation 8).

        The gradient is the same product again, because the adjacency is symmetric; only the
        edge-wise kernel leaves it to autograd, as the code it stands for does.

        Args:
            embeddings: Of all nodes.
            plus: Added to the product.
            seen: Of a batch: other rows are left without a value, and no gradient may come from
                them.
        """
        if isinstance(self._product, kernels.EdgeWiseProduct):
            product = self._product(embeddings)
            return product if plus is None else product + plus
        return symmetric_product(embeddings, plus, self, seen)

    def sum_layers(
        self,
        embeddings: Float[Tensor, "nodes size"],
        n_layers: int,
        *,
        with_ego: bool = True,
        scale: float = 1.0,
        keep: list[Tensor] | None = None,
        seen: Reach = EVERYONE,
    ) -> Float[Tensor, "nodes size"]:
        """Return the sum of the propagations 0 (or 1) to `n_layers` of the embeddings.

        A polynomial of a symmetric matrix is symmetric, so that the gradient is the same sum
        again. It is evaluated by Horner's rule, each addition within a product.

        Args:
            embeddings: Of all nodes.
            n_layers: The highest power of the adjacency; at least 1 without the ego layer.
            with_ego: Whether the embeddings themselves are in the sum.
            scale: Factor of the sum, e.g. one over the number of layers.
            keep: A list that takes up the propagations 1 to `n_layers`, without gradient.
            seen: Of a batch: other rows of the sum, and of the last layer that is kept, are left
                without a value, and no gradient may come from them.
        """
        if isinstance(self._product, kernels.EdgeWiseProduct):
            return self._sum_message_by_message(embeddings, n_layers, with_ego, keep) * scale
        return layer_sum(
            embeddings, self, n_layers, with_ego=with_ego, scale=scale, keep=keep, seen=seen
        )

    def reach(self, *nodes: Int64[Tensor, " _"], n_hops: int) -> Reach:
        """Return what a batch can see, where the kernel can make use of it.

        Args:
            nodes: Groups of node indices; repetition does not matter.
            n_hops: How many propagations the batch goes through.
        """
        return reach(self.adjacency, nodes, n_hops) if self._product is None else EVERYONE

    def _sum_message_by_message(
        self, embeddings: Tensor, n_layers: int, with_ego: bool, keep: list[Tensor] | None
    ) -> Tensor:
        layers = [embeddings]
        for _ in range(n_layers):
            layers.append(self.propagate(layers[-1]))
        if keep is not None:
            keep.extend(layer.detach() for layer in layers[1:])
        counted = layers if with_ego else layers[1:]
        return sum(counted[1:], start=counted[0])

    def multiply(
        self,
        dense: Float[Tensor, "nodes size"],
        plus: Float[Tensor, "nodes size"] | None = None,
        *,
        scale: float = 1.0,
        rows: RowBlocks | None = None,
        others: Literal["unset", "zero"] = "unset",
    ) -> Float[Tensor, "nodes size"]:
        """Return `scale` (A `dense` + `plus`) for the normalised adjacency A, outside autograd.

        Args:
            dense: What it is multiplied with.
            plus: Added to the product.
            scale: Factor of both.
            rows: The only rows that are needed; all, if not given.
            others: What stands in the other rows.
        """
        if self._product is None:
            return fixed_width(self.adjacency, dense, plus, scale, rows, others == "zero")
        product = self._product(dense.detach())
        product = product if plus is None else product + plus.detach()
        return product if scale == 1 else product * scale
