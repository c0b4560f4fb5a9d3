"""The product of the sparse adjacency with dense embeddings: where nearly all joules go.

Three kernels give the same result. `fixed-width` is compiled once for each embedding size,
so the compiler unrolls the columns and keeps a row's sum in vector registers; each row is
summed by one thread in the order of its edges, so the result does not depend on the
number of threads. `library` is torch's own CSR product: the reference, and what runs on a
GPU. `edge-wise` gathers, multiplies and scatters each message, as the code of the
paper does; it is kept to measure what that costs.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Literal, no_type_check

import numba
import torch
from jaxtyping import Float
from torch import Tensor

from ecorec.graph.adjacency import Adjacency

Kernel = Literal["fixed-width", "library", "edge-wise"]
"""Names of the kernels, as they stand in a record."""


def default_kernel(device: torch.device) -> Kernel:
    """Return the fastest kernel for a device."""
    return "fixed-width" if device.type == "cpu" else "library"


@cache
def _compiled(width: int, *, adds: bool) -> Callable[..., None]:
    @no_type_check
    @numba.njit(parallel=True, fastmath={"contract"}, nogil=True, cache=True)
    def spmm(
        indptr: Any, indices: Any, values: Any, blocks: Any, dense: Any, plus: Any, out: Any
    ) -> None:
        for block in numba.prange(blocks.size - 1):
            for row in range(blocks[block], blocks[block + 1]):
                for column in range(width):
                    if adds:
                        out[row, column] = plus[row, column]
                    else:
                        out[row, column] = 0
                for edge in range(indptr[row], indptr[row + 1]):
                    source = indices[edge]
                    weight = values[edge]
                    for column in range(width):
                        out[row, column] += weight * dense[source, column]

    return spmm  # type: ignore[no-any-return]


def fixed_width(
    adjacency: Adjacency,
    dense: Float[Tensor, "nodes size"],
    plus: Float[Tensor, "nodes size"] | None = None,
) -> Float[Tensor, "nodes size"]:
    """Return the product on the CPU with a kernel compiled for this width.

    Args:
        adjacency: Sparse, symmetric.
        dense: What it is multiplied with.
        plus: Added to the product, where a row's sum begins: it costs no pass of its own.
    """
    source = dense.detach().contiguous()
    addend = source if plus is None else plus.detach().contiguous()
    out = torch.empty_like(source)
    _compiled(dense.shape[1], adds=plus is not None)(
        adjacency.indptr,
        adjacency.indices,
        adjacency.values,
        adjacency.row_blocks,
        source.numpy(),
        addend.numpy(),
        out.numpy(),
    )
    return out


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
