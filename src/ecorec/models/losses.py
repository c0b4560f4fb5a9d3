"""Objectives that models share; every reduction is stated."""

import math
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from ecorec.graph.inner import inner
from ecorec.graph.tables import empty
from ecorec.models.unit_rows import unit_rows

Reduction = Literal["mean", "sum"]
"""How a loss over rows becomes one number."""


def bpr(margins: Float[Tensor, "*pairs"]) -> Float[Tensor, ""]:
    """Return the mean over pairs of -log sigmoid(positive score - negative score).

    Rendle et al., BPR (UAI 2009). Written as a softplus, which is exact for any difference; codes
    that add 1e-10 inside the logarithm differ from it by less than 1e-9 wherever the sigmoid is
    not itself that small.

    Args:
        margins: Negative score less positive score, of each positive with each of its negatives.
    """
    return functional.softplus(margins).mean()


def dot(
    left: Float[Tensor, "batch size"], right: Float[Tensor, "batch size"]
) -> Float[Tensor, " batch"]:
    """Return the inner product of each pair of rows."""
    return (left * right).sum(dim=1)


def squared_norms(*rows: Float[Tensor, "_ size"]) -> Float[Tensor, ""]:
    """Return half the sum of all squared entries, divided by the batch size.

    The penalty of LightGCN and its descendants (He et al. 2020, equation 15), per pair.
    """
    return sum((part.square().sum() for part in rows), start=rows[0].new_zeros(())) / (
        2 * rows[0].shape[0]
    )


def plain_norms(*rows: Float[Tensor, "_ size"]) -> Float[Tensor, ""]:
    """Return the sum of the Frobenius norms (not squared), divided by the batch size.

    What RecBole applies where `require_pow` is off: NGCF and SimGCL in the paper's runs.
    """
    return sum((part.norm() for part in rows), start=rows[0].new_zeros(())) / rows[0].shape[0]


def info_nce(
    left: Float[Tensor, "rows size"],
    right: Float[Tensor, "rows size"],
    temperature: float,
    reduction: Reduction,
) -> Float[Tensor, ""]:
    """Return the mean or sum over rows of -log of the softmax share of a row's own partner.

    Both views are normalised first; the partners of the other rows are the negatives.
    Oord et al., InfoNCE (2018); Yu et al., SimGCL (SIGIR 2022), equation 2.

    Args:
        left: One view.
        right: The other view of the same rows.
        temperature: The cosines are divided by it.
        reduction: Over rows.
    """
    left, right = unit_rows(left, 1 / temperature), unit_rows(right)
    weight = 1 / left.shape[0] if reduction == "mean" else 1.0
    weights = left.new_full((left.shape[0],), weight)
    everyone = weighted_log_sum_exp(left, right, weights, largest=1 / temperature)
    return everyone - weight * (left.flatten() @ right.flatten())


def weighted_log_sum_exp(
    left: Float[Tensor, "rows size"],
    right: Float[Tensor, "columns size"],
    weights: Float[Tensor, " rows"],
    *,
    largest: float = math.inf,
) -> Float[Tensor, ""]:
    """Return the weighted sum over rows of log of the sum over all columns of exp(left . right).

    The matrix of scores is the largest thing a contrastive step touches. It never exists as a
    whole: a block of rows stays in a cache while its exponentials are taken, added up, and
    multiplied with what gives the gradients of both sides.

    Args:
        left: Rows.
        right: Columns.
        weights: Of the rows; without gradient.
        largest: No score is larger, as far as is known.
    """
    summed: Tensor = _WeightedLogSumExp.apply(left, right, weights, largest)  # type: ignore[no-untyped-call]
    return summed


CACHED_SCORES = 2**20
"""Scores of a contrast that exist at a time: 4 MiB in float32, which a cache can hold."""

LEAST_ROWS = 32
"""Rows of them at least: a product of fewer reads all columns for next to nothing."""

BITS = 1 / math.log(2)
"""Factor by which exponents of e become exponents of 2."""

SAFE_EXPONENT = 60.0
"""Exponentials of scores up to here, and their sums, are far from the largest float32."""


class _WeightedLogSumExp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, left: Tensor, right: Tensor, weights: Tensor, largest: float) -> Tensor:
        to_left = torch.empty_like(left)
        # Laid out by column: the products that read them want rows.
        right_by_column = right.T.contiguous()
        to_right_by_column = torch.zeros_like(right_by_column)
        rows = max(LEAST_ROWS, CACHED_SCORES // right.shape[0])
        # Scores in bits: torch takes 2 to a power in a third of the time that it takes e to one.
        in_bits = left * BITS
        room = empty((min(rows, left.shape[0]), right.shape[0]), left)
        result = left.new_zeros(())
        if largest > SAFE_EXPONENT:
            # Cauchy and Schwarz: what two tables of short rows can score needs no subtraction.
            largest = min(largest, float(left.norm(dim=1).max() * right.norm(dim=1).max()))
        for part, bits, weight, out in zip(
            *(table.split(rows) for table in (left, in_bits, weights, to_left)), strict=True
        ):
            block = inner(bits, right, room)
            if largest > SAFE_EXPONENT:
                shift = block.amax(dim=1)
                block.sub_(shift[:, None])
                result += weight @ shift / BITS
            total = block.exp2_().sum(dim=1)
            result += weight @ total.log()
            # Weights of rows are applied to the thin factors: the large one is only read.
            share = (weight / total)[:, None]
            torch.mul(inner(block, right_by_column), share, out=out)
            to_right_by_column += inner((part * share).T.contiguous(), block.T)
        to_right = to_right_by_column.T.contiguous()
        ctx.save_for_backward(to_left, to_right)
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None]:
        to_left, to_right = ctx.saved_tensors
        return gradients[0] * to_left, gradients[0] * to_right, None, None
