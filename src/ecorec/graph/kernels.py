"""Ways to multiply the sparse adjacency with dense embeddings: where nearly all joules go.

All give the same result. `fixed-width` is ours (`ecorec.graph.fixed_width`). `library` is torch's
own CSR product: the reference, and what runs on a GPU. `edge-wise` gathers, multiplies and
scatters each message, as the code of the paper does; it is kept to measure what that costs.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ecorec.graph.adjacency import Adjacency

Kernel = Literal["fixed-width", "library", "edge-wise"]
"""Names of the kernels, as they stand in a record."""


def default_kernel(device: torch.device) -> Kernel:
    """Return the fastest kernel for a device."""
    return "fixed-width" if device.type == "cpu" else "library"


class LibraryProduct:
    """The product through torch's CSR tensors, on any device."""

    def __init__(self, adjacency: Adjacency, device: torch.device) -> None:
        self.matrix = adjacency.to_torch_csr(device)

    def __call__(self, dense: Float[Tensor, "nodes size"]) -> Float[Tensor, "nodes size"]:
        """Return the product."""
        return self.matrix @ dense


class EdgeWiseProduct:
    """The product message by message; differentiable by autograd, as it is in the paper's code."""

    def __init__(self, adjacency: Adjacency, device: torch.device) -> None:
        self.targets, self.sources, self.weights = adjacency.to_edge_list(device)

    def __call__(self, dense: Float[Tensor, "nodes size"]) -> Float[Tensor, "nodes size"]:
        """Return the product."""
        messages = dense.index_select(0, self.sources) * self.weights[:, None]
        return torch.zeros_like(dense).index_add(0, self.targets, messages)
