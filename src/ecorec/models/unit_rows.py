"""Rows of length one, in one pass each way.

A contrast normalises its rows: those of a batch, or of all users and items (SGL). With autograd
that is a dozen operations, forward and back, each of which goes through all rows or, where they are
few, wakes the threads for less work than the waking takes.
"""

from typing import Any, no_type_check

import numba
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

SHORTEST = 1e-12
"""Rows are divided by no less; as in torch's `normalize`."""


def unit_rows(rows: Float[Tensor, "rows size"], scale: float = 1.0) -> Float[Tensor, "rows size"]:
    """Return rows divided by their Euclidean length and multiplied by `scale`.

    Args:
        rows: Any; a row of zeros stays one.
        scale: Length of the result.
    """
    if rows.device.type != "cpu":
        return functional.normalize(rows, dim=1, eps=SHORTEST) * scale
    found: Tensor = _UnitRows.apply(rows, scale)  # type: ignore[no-untyped-call]
    return found


class _UnitRows(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, scale: float) -> Tensor:
        out = torch.empty(rows.shape, dtype=rows.dtype)
        factors = out.new_empty(rows.shape[0])
        number = out.numpy().dtype.type
        _divide(rows.contiguous().numpy(), number(scale), out.numpy(), factors.numpy())
        ctx.save_for_backward(out, factors)
        ctx.scale = scale
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        out, factors = ctx.saved_tensors
        inner = torch.empty_like(out)
        scale = out.numpy().dtype.type(ctx.scale)
        _undivide(
            gradients[0].contiguous().numpy(), out.numpy(), factors.numpy(), scale, inner.numpy()
        )
        return inner, None


@no_type_check
@numba.njit(nogil=True, fastmath={"contract", "reassoc"}, cache=True)
def _divide(rows: Any, scale: Any, out: Any, factors: Any) -> None:
    for row in range(rows.shape[0]):
        squares = out.dtype.type(0)
        for column in range(rows.shape[1]):
            squares += rows[row, column] * rows[row, column]
        length = squares**0.5
        # A row as short as this is divided by a constant, and so is its gradient.
        short = length <= SHORTEST
        factor = scale / out.dtype.type(SHORTEST if short else length)
        factors[row] = -factor if short else factor
        for column in range(rows.shape[1]):
            out[row, column] = rows[row, column] * factor


@no_type_check
@numba.njit(nogil=True, fastmath={"contract", "reassoc"}, cache=True)
def _undivide(gradient: Any, out: Any, factors: Any, scale: Any, inner: Any) -> None:
    for row in range(out.shape[0]):
        along = out.dtype.type(0)
        if factors[row] > 0:
            for column in range(out.shape[1]):
                along += gradient[row, column] * out[row, column]
            along /= scale * scale
        factor = abs(factors[row])
        for column in range(out.shape[1]):
            inner[row, column] = factor * (gradient[row, column] - along * out[row, column])
