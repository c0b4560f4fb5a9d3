"""Objectives that models share; every reduction is stated."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def bpr(
    positive_scores: Float[Tensor, " batch"], negative_scores: Float[Tensor, " batch"]
) -> Float[Tensor, ""]:
    """Return the mean over the batch of -log sigmoid(positive - negative).

    Rendle et al., BPR (UAI 2009), with one negative a pair. Written as a softplus, which is
    exact for any difference; codes that add 1e-10 inside the logarithm differ from it by less
    than 1e-9 wherever the sigmoid is not itself that small.
    """
    return functional.softplus(negative_scores - positive_scores).mean()


def dot(
    left: Float[Tensor, "batch size"], right: Float[Tensor, "batch size"]
) -> Float[Tensor, " batch"]:
    """Return the inner product of each pair of rows."""
    return (left * right).sum(dim=1)


def squared_norms(*rows: Float[Tensor, "batch size"]) -> Float[Tensor, ""]:
    """Return half the sum of all squared entries, divided by the batch size.

    The penalty of LightGCN and its descendants (He et al. 2020, equation 15), per pair.
    """
    return sum((part.square().sum() for part in rows), start=rows[0].new_zeros(())) / (
        2 * rows[0].shape[0]
    )


def plain_norms(*rows: Float[Tensor, "batch size"]) -> Float[Tensor, ""]:
    """Return the sum of the Frobenius norms (not squared), divided by the batch size.

    What RecBole applies where `require_pow` is off: NGCF and SimGCL in the paper's runs.
    """
    return sum((part.norm() for part in rows), start=rows[0].new_zeros(())) / rows[0].shape[0]


def info_nce(
    left: Float[Tensor, "rows size"], right: Float[Tensor, "rows size"], temperature: float
) -> Float[Tensor, " rows"]:
    """Return, for each row, -log of the softmax share of its own partner; no reduction.

    Both views are normalised first; the partners of the other rows are the negatives.
    Oord et al., InfoNCE (2018); Yu et al., SimGCL (SIGIR 2022), equation 2.
    """
    left = functional.normalize(left, dim=1) / temperature
    right = functional.normalize(right, dim=1)
    return log_sum_exp(left, right) - dot(left, right)


def log_sum_exp(
    left: Float[Tensor, "rows size"], right: Float[Tensor, "columns size"]
) -> Float[Tensor, " rows"]:
    """Return log of the sum over all columns of exp(left . right), for each row.

    The matrix of scores is the largest thing a contrastive step touches. It exists once:
    exponentials are taken in its place and become the gradient's weights there.
    """
    summed: Tensor = _LogSumExp.apply(left, right)  # type: ignore[no-untyped-call]
    return summed


class _LogSumExp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, left: Tensor, right: Tensor) -> Tensor:
        scores = left @ right.T
        largest = scores.amax(dim=1, keepdim=True)
        scores.sub_(largest).exp_()
        total = scores.sum(dim=1)
        ctx.exponentials = scores
        ctx.save_for_backward(left, right, total)
        return total.log() + largest[:, 0]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        left, right, total = ctx.saved_tensors
        # The weights of rows are applied to the thin factors: the large one is only read.
        share = (gradients[0] / total)[:, None]
        exponentials, ctx.exponentials = ctx.exponentials, None
        return (exponentials @ right).mul_(share), exponentials.T @ (left * share)
