"""Losses of a batch of pairs, straight from the table of all nodes: no copies of rows.

Written with autograd, a step gathers the rows of users, positives and negatives, and on the way
back makes three more copies and adds each of them into a table of zeros. Here one loop reads
the rows where they are, and one loop adds their gradients where they belong, in the order of
the batch, so that the result does not depend on the number of threads. On other devices, the
plain formulas of `losses` run; both are compared in `tests/models/test_pairs.py`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from ecorec.data.batch import PairBatch
from ecorec.graph.shard import WHOLE, ColumnShard
from ecorec.graph.tables import LARGE_BYTES, zeros_like
from ecorec.models import losses, pair_loops
from ecorec.models.base import batch_rows


def bpr(
    nodes: Float[Tensor, "nodes size"],
    batch: PairBatch,
    n_users: int,
    shard: ColumnShard = WHOLE,
) -> Float[Tensor, ""]:
    """Return the mean over the batch of -log sigmoid(positive score - negative score).

    Rendle et al., BPR (UAI 2009); scores are inner products of rows.

    Args:
        nodes: Embeddings that score, users before items.
        batch: Users with one positive and one negative item each.
        n_users: Rows of `nodes` that are users.
        shard: Whose columns `nodes` has.
    """
    if nodes.device.type != "cpu":
        users, liked, other = batch_rows(nodes, batch, n_users)
        margins = losses.dot(users, other) - losses.dot(users, liked)
        return functional.softplus(shard.summed(margins)).mean()
    loss: Tensor = _Bpr.apply(nodes, *batch.nodes(n_users), shard)  # type: ignore[no-untyped-call]
    return loss


def bpr_and_norms(
    layers: Sequence[Float[Tensor, "nodes _"]], batch: PairBatch, n_users: int
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Return `bpr` and `plain_norms` of tables that stand side by side, without joining them.

    Args:
        layers: Tables of all nodes, users first; embeddings are their concatenation.
        batch: Users with one positive and one negative item each.
        n_users: Rows that are users.
    """
    if layers[0].device.type != "cpu":
        nodes = torch.cat([*layers], dim=1)
        return bpr(nodes, batch, n_users), plain_norms(nodes, batch, n_users)
    ranking, penalty = _BprAndNorms.apply(*batch.nodes(n_users), *layers)  # type: ignore[no-untyped-call]
    return ranking, penalty


def squared_norms(
    nodes: Float[Tensor, "nodes size"],
    batch: PairBatch,
    n_users: int,
    shard: ColumnShard = WHOLE,
) -> Float[Tensor, ""]:
    """Return half the squared norms of the batch's rows, over the batch size.

    The penalty of LightGCN and its descendants (He et al. 2020, equation 15), per pair.
    """
    if nodes.device.type != "cpu":
        return shard.summed(losses.squared_norms(*batch_rows(nodes, batch, n_users)))
    penalty: Tensor = _Norms.apply(nodes, *batch.nodes(n_users), True, shard)  # type: ignore[no-untyped-call]
    return penalty


def plain_norms(
    nodes: Float[Tensor, "nodes size"],
    batch: PairBatch,
    n_users: int,
    shard: ColumnShard = WHOLE,
) -> Float[Tensor, ""]:
    """Return the Frobenius norms of the three groups of rows, added, over the batch size.

    What RecBole applies where `require_pow` is off: NGCF and SimGCL in the paper's runs.
    """
    if nodes.device.type != "cpu":
        rows = batch_rows(nodes, batch, n_users)
        if shard.is_whole:
            return losses.plain_norms(*rows)
        squares = shard.summed(torch.stack([part.square().sum() for part in rows]))
        # Away from zero, where a root has no gradient.
        tiny = torch.finfo(squares.dtype).tiny
        return squares.clamp_min(tiny).sqrt().sum() / batch.users.numel()
    penalty: Tensor = _Norms.apply(nodes, *batch.nodes(n_users), False, shard)  # type: ignore[no-untyped-call]
    return penalty


class _Bpr(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        nodes: Tensor,
        users: Tensor,
        liked: Tensor,
        other: Tensor,
        shard: ColumnShard,
    ) -> Tensor:
        margins = torch.zeros(users.numel(), dtype=nodes.dtype)
        table = nodes.detach().contiguous()
        pair_loops.margins(
            table.numpy(), users.numpy(), liked.numpy(), other.numpy(), margins.numpy()
        )
        shard.add_up(margins)
        ctx.save_for_backward(table, users, liked, other, margins)
        return functional.softplus(margins).mean()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        table, users, liked, other, margins = ctx.saved_tensors
        weights = margins.sigmoid() * (gradients[0] / users.numel())
        gradient = zeros_like(table)
        pair_loops.add_bpr(
            table.numpy(), users.numpy(), liked.numpy(), other.numpy(), weights.numpy(),
            gradient.numpy(),
        )  # fmt: skip
        return gradient, None, None, None, None


class _BprAndNorms(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *given: Tensor) -> tuple[Tensor, Tensor]:
        groups, layers = given[:3], [layer.detach().contiguous() for layer in given[3:]]
        margins = torch.zeros(groups[0].numel(), dtype=layers[0].dtype)
        squares = np.zeros(3)
        for table in layers:
            pair_loops.margins(table.numpy(), *(rows.numpy() for rows in groups), margins.numpy())
            squares += [pair_loops.squares(table.numpy(), rows.numpy()) for rows in groups]
        ctx.save_for_backward(margins, *groups, *layers)
        ctx.norms = np.sqrt(squares)
        penalty = layers[0].new_tensor(ctx.norms.sum() / groups[0].numel())
        return functional.softplus(margins).mean(), penalty

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        margins, *groups = ctx.saved_tensors[:4]
        weights = margins.sigmoid() * (gradients[0] / margins.numel())
        share = float(gradients[1]) / margins.numel()
        tables, found = ctx.saved_tensors[4:], []
        for table, gradient in zip(tables, _cleared(tables), strict=True):
            number = table.numpy().dtype.type
            pair_loops.add_bpr(
                table.numpy(), *(rows.numpy() for rows in groups), weights.numpy(),
                gradient.numpy(),
            )  # fmt: skip
            for rows, norm in zip(groups, ctx.norms, strict=True):
                weight = number(share / norm if norm else 0.0)
                pair_loops.add_rows(table.numpy(), rows.numpy(), weight, gradient.numpy())
            found.append(gradient)
        return None, None, None, *found


def _cleared(tables: Sequence[Tensor]) -> Sequence[Tensor]:
    """Return zeros for each table."""
    sizes = [table.numel() for table in tables]
    if max(table.nbytes for table in tables) > LARGE_BYTES:
        return [zeros_like(table) for table in tables]
    # In one go: every pass over a table wakes the threads.
    parts = tables[0].new_zeros(sum(sizes)).split(sizes)
    return [part.view_as(table) for part, table in zip(parts, tables, strict=True)]


class _Norms(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        nodes: Tensor,
        users: Tensor,
        liked: Tensor,
        other: Tensor,
        squared: bool,
        shard: ColumnShard,
    ) -> Tensor:
        table = nodes.detach().contiguous()
        groups = (users, liked, other)
        squares = [pair_loops.squares(table.numpy(), rows.numpy()) for rows in groups]
        if not shard.is_whole:
            # One number, where nothing but their sum is wanted.
            parts = nodes.new_tensor([sum(squares)] if squared else squares)
            shard.add_up(parts)
            squares = parts.tolist()
        ctx.save_for_backward(table, *groups)
        ctx.squared = squared
        ctx.norms = [1.0] * 3 if squared else [float(value) ** 0.5 for value in squares]
        total = sum(squares) / 2 if squared else sum(ctx.norms)
        return nodes.new_tensor(total / users.numel())

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        table, *groups = ctx.saved_tensors
        gradient = zeros_like(table)
        share = float(gradients[0]) / groups[0].numel()
        for rows, norm in zip(groups, ctx.norms, strict=True):
            # The norm of nothing but zeros has no direction: its gradient is taken as zero.
            weight = share if ctx.squared else share / norm if norm else 0.0
            pair_loops.add_rows(
                table.numpy(), rows.numpy(), table.numpy().dtype.type(weight), gradient.numpy()
            )
        return gradient, None, None, None, None, None
