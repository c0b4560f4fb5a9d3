"""Products of dense tables, by whichever of torch's two libraries is faster on this CPU.

torch multiplies float32 by MKL, which on AMD's CPUs keeps to 256-bit instructions where 512-bit
ones exist; by oneDNN, which torch has on board for convolutions, it takes those wherever they are:
half the time (`benchmarks/dense.py`). On other CPUs it stays with MKL.
"""

from functools import cache

import torch
from jaxtyping import Float
from llvmlite.binding import get_host_cpu_name
from torch import Tensor


def inner(
    left: Float[Tensor, "rows size"],
    right: Float[Tensor, "columns size"],
    room: Float[Tensor, "_ columns"] | None = None,
) -> Float[Tensor, "rows columns"]:
    """Return the inner product of every row of one table with every row of another.

    Args:
        left: May be a view, but is read fastest by row.
        right: May be a view: of a table that is to be multiplied as it stands, give `table.T`.
        room: Holds the result where the library can write to given room; as many rows or more.
    """
    if left.device.type == "cpu" and left.dtype == torch.float32 and takes_onednn():
        return by_onednn(left, right)
    return by_mkl(left, right, None if room is None else room[: left.shape[0]])


@cache
def takes_onednn() -> bool:
    """Return whether this CPU has instructions that MKL leaves out."""
    return (
        get_host_cpu_name().startswith("znver")
        and torch.backends.cpu.get_cpu_capability().startswith("AVX512")
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )


def by_onednn(left: Tensor, right: Tensor) -> Tensor:
    """Return the product as torch's compiler has it computed; eager torch has no name for it."""
    product: Tensor = torch.ops.mkldnn._linear_pointwise(left, right, None, "none", [None], "")
    return product


def by_mkl(left: Tensor, right: Tensor, out: Tensor | None = None) -> Tensor:
    """Return the product as eager torch computes it."""
    return torch.mm(left, right.T, out=out)
