"""One layer of NGCF in three passes over its rows and one matrix product each way.

x' = normalise(dropout(LeakyReLU((A x + x) W1 + (A x * x) W2 + b)))    (equations 3 to 8)

Written with autograd, a layer reads and writes tables of all nodes some forty times. Here both
inputs stand side by side, so that one product mixes them; activation, dropout and length are
one loop over each row; dropped entries are not stored but drawn again from their key. Rows go
through in blocks, so that nothing but a layer and its gradients is as large as a large table.
"""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ecorec.graph.adjacency import RowBlocks
from ecorec.graph.inner import inner
from ecorec.graph.tables import empty, empty_like, zeros_like
from ecorec.models.mixing_loops import SLOPE, activate, deactivate, side_by_side, unmix
from ecorec.models.noise import key
from ecorec.models.unit_rows import SHORTEST

ROWS_AT_ONCE = 2**14
"""Up to so many rows are mixed at once, and their intermediate values are kept for the backward
pass."""

ROWS_PER_BLOCK = 2**12
"""With more rows than that, they are mixed this many at a time; the intermediate values stay in
cache and are computed again in the backward pass."""

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
        weight = torch.cat([w_sum, w_product], dim=1)
        bias = b_sum + b_product
        out = empty((n_nodes, weight.shape[0]), layer)
        lengths = layer.new_empty(places.size)
        both = _block(layer, places.size, 2 * size)
        for at in range(0, places.size, len(both)):
            here = places[at : at + len(both)]
            wide = both[: here.size]
            side_by_side(neighbours.numpy(), layer.numpy(), here, wide.numpy())
            thin = inner(wide, weight).add_(bias)
            ends = lengths[at : at + len(both)].numpy()
            activate(thin.numpy(), here, out.numpy(), ends, dropout, *drawn)
        kept = [both] if places.size <= ROWS_AT_ONCE else []
        ctx.save_for_backward(neighbours, layer, weight, out, lengths, *kept)
        ctx.dropout, ctx.drawn, ctx.rows, ctx.places = dropout, drawn, rows, places
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        neighbours, layer, weight, out, lengths, *kept = ctx.saved_tensors
        size, places = layer.shape[1], ctx.places
        of_out = gradients[0].contiguous().numpy()
        to_weight, to_bias = torch.zeros_like(weight), weight.new_zeros(weight.shape[0])
        table = empty_like if ctx.rows is None else zeros_like
        to_neighbours, to_layer = table(layer), table(layer)
        thick = kept[0] if kept else _block(layer, places.size, 2 * size)
        mixed = _block(layer, places.size, weight.shape[0])
        for at in range(0, places.size, len(mixed)):
            here = places[at : at + len(mixed)]
            wide, thin = thick[: here.size], mixed[: here.size]
            ends = lengths[at : at + len(mixed)].numpy()
            deactivate(of_out, out.numpy(), ends, here, thin.numpy(), ctx.dropout, *ctx.drawn)
            if not kept:
                side_by_side(neighbours.numpy(), layer.numpy(), here, wide.numpy())
            to_weight += inner(thin.T.contiguous(), wide.T)
            to_bias += thin.sum(dim=0)
            wide = inner(thin, weight.T)
            unmix(
                wide.numpy(), neighbours.numpy(), layer.numpy(), here,
                to_neighbours.numpy(), to_layer.numpy(),
            )  # fmt: skip
        w_sum, w_product = to_weight.split(size, dim=1)
        return to_neighbours, to_layer, w_sum, to_bias, w_product, to_bias, None, None, None


def _block(layer: Tensor, n_rows: int, width: int) -> Tensor:
    """Return room for as many rows as are mixed at once."""
    return layer.new_empty(max(1, n_rows) if n_rows <= ROWS_AT_ONCE else ROWS_PER_BLOCK, width)
