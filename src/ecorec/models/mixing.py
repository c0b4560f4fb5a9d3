"""One layer of NGCF in three passes over its rows and one matrix product each way.

x' = normalise(dropout(LeakyReLU((A x + x) W1 + (A x * x) W2 + b)))    (equations 3 to 8)

Written with autograd, a layer reads and writes tables of all nodes some forty times. Here both
inputs stand side by side, so that one product mixes them; activation, dropout and length are
one loop over each row; dropped entries are not stored but drawn again from their key.
"""

from typing import Any, no_type_check

import numba
import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ecorec.graph.adjacency import RowBlocks
from ecorec.models.noise import drawn_at, key

SLOPE = 0.2
"""Of the leaky rectifier for negative values, as in the authors' code."""

SHORTEST = 1e-12
"""Rows are divided by no less; as in torch's `normalize`."""

FAST = {"contract", "reassoc"}

Weights = tuple[Tensor, Tensor, Tensor, Tensor]
"""Weight and bias of the sum branch, then those of the product branch, as `nn.Linear` has them."""


def mix(
    neighbours: Float[Tensor, "nodes size"],
    layer: Float[Tensor, "nodes size"],
    weights: Weights,
    dropout: float,
    rng: torch.Generator,
    rows: RowBlocks | None = None,
) -> Float[Tensor, "nodes width"]:
    """Return the next layer of NGCF.

    Args:
        neighbours: A x.
        layer: x.
        weights: Of both branches.
        dropout: Share of entries that are dropped; 0 at evaluation.
        rng: Yields one key where something is dropped.
        rows: The only rows that are needed, and that gradients may come from; all, if not given.
    """
    drawn = key(rng) if dropout else (np.uint32(0), np.uint32(0))
    if neighbours.device.type == "cpu":
        mixed: Tensor = _Mix.apply(  # type: ignore[no-untyped-call]
            neighbours, layer, *weights, dropout, drawn, None if rows is None else rows.rows
        )
        return mixed
    w_sum, b_sum, w_product, b_product = weights
    activated = functional.leaky_relu(
        functional.linear(neighbours + layer, w_sum, b_sum)
        + functional.linear(neighbours * layer, w_product, b_product),
        negative_slope=SLOPE,
    )
    if dropout:
        kept = torch.rand(activated.shape, generator=rng) >= dropout
        activated = activated * kept.to(activated) / (1 - dropout)
    return functional.normalize(activated, dim=1, eps=SHORTEST)


class _Mix(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        neighbours: Tensor,
        layer: Tensor,
        w_sum: Tensor,
        b_sum: Tensor,
        w_product: Tensor,
        b_product: Tensor,
        dropout: float,
        drawn: tuple[np.uint32, np.uint32],
        rows: NDArray[np.int32] | None,
    ) -> Tensor:
        n_nodes, size = layer.shape
        places = np.arange(n_nodes, dtype=np.int32) if rows is None else rows
        both = layer.new_empty(places.size, 2 * size)
        _side_by_side(neighbours.numpy(), layer.numpy(), places, both.numpy())
        weight = torch.cat([w_sum, w_product], dim=1)
        mixed = torch.addmm(b_sum + b_product, both, weight.T)
        out = mixed if rows is None else mixed.new_empty(n_nodes, mixed.shape[1])
        lengths = layer.new_empty(places.size)
        _activate(mixed.numpy(), places, out.numpy(), lengths.numpy(), dropout, *drawn)
        ctx.save_for_backward(neighbours, layer, both, weight, out, lengths)
        ctx.dropout, ctx.drawn, ctx.rows, ctx.places = dropout, drawn, rows, places
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        neighbours, layer, both, weight, out, lengths = ctx.saved_tensors
        size, places = layer.shape[1], ctx.places
        inner = out.new_empty(places.size, out.shape[1])
        _deactivate(
            gradients[0].contiguous().numpy(), out.numpy(), lengths.numpy(), places,
            inner.numpy(), ctx.dropout, *ctx.drawn,
        )  # fmt: skip
        w_sum, w_product = (inner.T @ both).split(size, dim=1)
        bias = inner.sum(dim=0)
        table = torch.empty if ctx.rows is None else torch.zeros
        to_neighbours, to_layer = table((2, *layer.shape), dtype=layer.dtype).unbind()
        _unmix(
            (inner @ weight).numpy(), neighbours.numpy(), layer.numpy(), places,
            to_neighbours.numpy(), to_layer.numpy(),
        )  # fmt: skip
        return to_neighbours, to_layer, w_sum, bias, w_product, bias, None, None, None


@no_type_check
@numba.njit(parallel=True, nogil=True, cache=True)
def _side_by_side(neighbours: Any, layer: Any, rows: Any, both: Any) -> None:
    size = layer.shape[1]
    for at in numba.prange(rows.size):
        row = rows[at]
        for column in range(size):
            both[at, column] = neighbours[row, column] + layer[row, column]
            both[at, size + column] = neighbours[row, column] * layer[row, column]


@no_type_check
@numba.njit(parallel=True, nogil=True, fastmath=FAST, cache=True)
def _activate(
    mixed: Any, rows: Any, out: Any, lengths: Any, dropout: Any, low: Any, high: Any
) -> None:
    width = out.shape[1]
    least, slope = np.float32(dropout), out.dtype.type(SLOPE)
    larger = out.dtype.type(1 / (1 - dropout))
    for at in numba.prange(rows.size):
        row = rows[at]
        squares = out.dtype.type(0)
        for column in range(width):
            value = mixed[at, column]
            value = max(value, slope * value)
            if least > 0:
                kept = drawn_at(row * width + column, low, high) >= least
                value = value * larger if kept else out.dtype.type(0)
            squares += value * value
            out[row, column] = value
        length = max(np.sqrt(squares), out.dtype.type(SHORTEST))
        lengths[at] = length
        for column in range(width):
            out[row, column] /= length


@no_type_check
@numba.njit(parallel=True, nogil=True, fastmath=FAST, cache=True)
def _deactivate(
    gradient: Any, out: Any, lengths: Any, rows: Any, inner: Any, dropout: Any, low: Any, high: Any
) -> None:
    width = out.shape[1]
    least, slope = np.float32(dropout), out.dtype.type(SLOPE)
    larger = out.dtype.type(1 / (1 - dropout))
    for at in numba.prange(rows.size):
        row = rows[at]
        along = out.dtype.type(0)
        for column in range(width):
            along += gradient[row, column] * out[row, column]
        for column in range(width):
            value = (gradient[row, column] - out[row, column] * along) / lengths[at]
            # What was kept has the sign that it had before the rectifier.
            value = value if out[row, column] > 0 else slope * value
            if least > 0:
                kept = drawn_at(row * width + column, low, high) >= least
                value = value * larger if kept else out.dtype.type(0)
            inner[at, column] = value


@no_type_check
@numba.njit(parallel=True, nogil=True, fastmath=FAST, cache=True)
def _unmix(
    gradient: Any, neighbours: Any, layer: Any, rows: Any, to_neighbours: Any, to_layer: Any
) -> None:
    size = layer.shape[1]
    for at in numba.prange(rows.size):
        row = rows[at]
        for column in range(size):
            of_sum, of_product = gradient[at, column], gradient[at, size + column]
            to_neighbours[row, column] = of_sum + of_product * layer[row, column]
            to_layer[row, column] = of_sum + of_product * neighbours[row, column]
