"""How evenly rows of length one are spread over the sphere, a block of scores at a time."""

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ecorec.graph.inner import inner
from ecorec.models.losses import BITS, CACHED_SCORES

PASSES = 5
"""Times that the scores are read or written beside the products' own arithmetic: written, raised
to a power, added up, and read by the product that gives the gradient."""


def uniformity(
    rows: Float[Tensor, "rows size"], counts: Float[Tensor, " rows"]
) -> Float[Tensor, ""]:
    """Return log of the mean over all pairs of rows of exp(-2 squared distance).

    Wang et al., DirectAU (KDD 2022), equation 5. For rows of length one, squared distance is
    2 - 2 x.y, so that one product of the rows with themselves gives all pairs. A row that occurs
    several times stands here once: its pairs with itself are at distance zero, and move nothing.

    Args:
        rows: Of length one, each different.
        counts: How often each occurs. A single row has no pair, and nothing to be spread: zero.
    """
    if counts.sum() < 2:
        return rows.sum() * 0.0
    spread: Tensor = _Uniformity.apply(rows, counts)  # type: ignore[no-untyped-call]
    return spread


class _Uniformity(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, counts: Tensor) -> Tensor:
        n_rows, n_drawn = rows.shape[0], counts.sum()
        # exp(-2 (2 - 2 x.y)) is exp(4 x.y) / e^4, and a row's pairs with itself are all e^4 / e^4.
        total = math.exp(4) * (counts * (counts - 1)).sum()
        counted, to_rows = (rows * counts[:, None]).T.contiguous(), torch.empty_like(rows)
        at_a_time = min(max(1, CACHED_SCORES // n_rows), n_rows)
        room = rows.new_empty(at_a_time, n_rows)
        for start in range(0, n_rows, at_a_time):
            part, count = rows[start : start + at_a_time], counts[start : start + at_a_time]
            block = inner(4 * BITS * part, rows, room).exp2_()
            block.diagonal(start).zero_()
            total += count @ torch.mv(block, counts)
            to_rows[start : start + at_a_time] = inner(block, counted)
        # Each pair is met from both of its rows: twice 4.
        ctx.save_for_backward(to_rows.mul_((8 / total) * counts[:, None]))
        return total.log() - 4 - (n_drawn * (n_drawn - 1)).log()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (to_rows,) = ctx.saved_tensors
        return gradients[0] * to_rows, None
