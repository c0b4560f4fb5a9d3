"""Propagation as autograd sees it: the matrix is symmetric, so the way back is the way there."""

from typing import Any, Literal, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from ecorec.graph.adjacency import RowBlocks
from ecorec.graph.reach import Reach


@runtime_checkable
class Multiplies(Protocol):
    """A graph that multiplies its adjacency with a table, outside autograd."""

    def multiply(
        self,
        dense: Float[Tensor, "nodes size"],
        plus: Float[Tensor, "nodes size"] | None = None,
        *,
        scale: float = 1.0,
        rows: RowBlocks | None = None,
        others: Literal["unset", "zero"] = "unset",
    ) -> Float[Tensor, "nodes size"]:
        """Return `scale` (A `dense` + `plus`)."""
        ...


def symmetric_product(
    embeddings: Float[Tensor, "nodes size"],
    plus: Float[Tensor, "nodes size"] | None,
    graph: Multiplies,
    seen: Reach,
) -> Float[Tensor, "nodes size"]:
    """Return A `embeddings` + `plus`, whose gradient is the same product again.

    Args:
        embeddings: Of all nodes.
        plus: Added to the product.
        graph: Whose adjacency is A.
        seen: Of a batch: other rows are left without a value, and no gradient may come from them.
    """
    product: Tensor = _SymmetricProduct.apply(embeddings, plus, graph, seen)  # type: ignore[no-untyped-call]
    return product


def layer_sum(
    embeddings: Float[Tensor, "nodes size"],
    graph: Multiplies,
    n_layers: int,
    *,
    with_ego: bool,
    scale: float,
    keep: list[Tensor] | None,
    seen: Reach,
) -> Float[Tensor, "nodes size"]:
    """Return `scale` times the sum of the powers 0 (or 1) to `n_layers` of A times `embeddings`.

    Args:
        embeddings: Of all nodes.
        graph: Whose adjacency is A.
        n_layers: The highest power.
        with_ego: Whether the embeddings themselves are in the sum.
        scale: Factor of the sum.
        keep: A list that takes up the propagations 1 to `n_layers`, without gradient.
        seen: Of a batch: other rows are left without a value, and no gradient may come from them.
    """
    total: Tensor = _LayerSum.apply(  # type: ignore[no-untyped-call]
        embeddings, graph, n_layers, with_ego, scale, keep, seen
    )
    return total


class _SymmetricProduct(torch.autograd.Function):
    """The product with a symmetric matrix: its backward pass is its forward pass."""

    @staticmethod
    def forward(
        ctx: Any, embeddings: Tensor, plus: Tensor | None, graph: Multiplies, seen: Reach
    ) -> Tensor:
        ctx.graph, ctx.seen = graph, seen
        return graph.multiply(embeddings, plus, rows=seen.hops(0))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor | None, None, None]:
        to_plus = gradients[0] if ctx.needs_input_grad[1] else None
        product = ctx.graph.multiply(gradients[0], rows=ctx.seen.hops(1), others="zero")
        return product, to_plus, None, None


class _LayerSum(torch.autograd.Function):
    """The sum over powers of a symmetric matrix: its backward pass is its forward pass."""

    @staticmethod
    def forward(
        ctx: Any,
        embeddings: Tensor,
        graph: Multiplies,
        n_layers: int,
        with_ego: bool,
        scale: float,
        keep: list[Tensor] | None,
        seen: Reach,
    ) -> Tensor:
        ctx.graph, ctx.seen = graph, seen
        ctx.n_layers, ctx.with_ego, ctx.scale = n_layers, with_ego, scale
        needed = [seen.hops(n_layers - at) for at in range(1, n_layers + 1)]
        if keep is None:
            return _horner(graph, embeddings, needed, with_ego, scale, "unset")
        layer, total = embeddings, embeddings if with_ego else None
        for rows in needed:
            layer = graph.multiply(layer, rows=rows)
            keep.append(layer)
            total = layer if total is None else total + layer
        return embeddings * scale if total is None else total * scale

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        reached = [ctx.seen.hops(at) for at in range(1, ctx.n_layers + 1)]
        gradient = _horner(ctx.graph, gradients[0], reached, ctx.with_ego, ctx.scale, "zero")
        return gradient, None, None, None, None, None, None


def _horner(
    graph: Multiplies,
    dense: Tensor,
    rows: list[RowBlocks | None],
    with_ego: bool,
    scale: float,
    others: Literal["unset", "zero"],
) -> Tensor:
    """Return x + A(x + A(x + ...)), or A times one step less of it, times `scale`.

    Args:
        graph: Whose adjacency is A.
        dense: x.
        rows: Of each product in turn.
        with_ego: Whether x itself is in the sum.
        scale: Factor of the sum.
        others: What stands in rows that are not computed.
    """
    total, last = dense, len(rows) - 1
    for at, needed in enumerate(rows):
        total = graph.multiply(
            total,
            dense if with_ego or at < last else None,
            scale=scale if at == last else 1.0,
            rows=needed,
            others=others,
        )
    return total * scale if total is dense else total
