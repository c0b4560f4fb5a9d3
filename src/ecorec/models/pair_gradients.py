"""The losses of `pairs` on the CPU, with gradients written by hand: loops over the batch."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ecorec.graph.shard import ColumnShard
from ecorec.graph.tables import LARGE_BYTES, zeros_like
from ecorec.models import losses, pair_loops


class Bpr(torch.autograd.Function):
    """The mean of softplus(negative score - positive score), from one table."""

    @staticmethod
    def forward(
        ctx: Any,
        nodes: Tensor,
        users: Tensor,
        liked: Tensor,
        other: Tensor,
        shard: ColumnShard,
    ) -> Tensor:
        """Compute it."""
        margins = torch.zeros(users.numel(), dtype=nodes.dtype)
        table = nodes.detach().contiguous()
        pair_loops.margins(
            table.numpy(), users.numpy(), liked.numpy(), other.numpy(), margins.numpy()
        )
        shard.add_up(margins)
        ctx.save_for_backward(table, users, liked, other, margins)
        return losses.bpr(margins)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of the tables."""
        table, users, liked, other, margins = ctx.saved_tensors
        weights = margins.sigmoid() * (gradients[0] / users.numel())
        gradient = zeros_like(table)
        pair_loops.add_bpr(
            table.numpy(), users.numpy(), liked.numpy(), other.numpy(), weights.numpy(),
            gradient.numpy(),
        )  # fmt: skip
        return gradient, None, None, None, None


class BprAndNorms(torch.autograd.Function):
    """The same, and the sum of the norms of the rows, from several tables side by side."""

    @staticmethod
    def forward(ctx: Any, *given: Tensor) -> tuple[Tensor, Tensor]:
        """Compute it."""
        groups, layers = given[:3], [layer.detach().contiguous() for layer in given[3:]]
        margins = torch.zeros(groups[0].numel(), dtype=layers[0].dtype)
        squares = np.zeros(3)
        for table in layers:
            pair_loops.margins(table.numpy(), *(rows.numpy() for rows in groups), margins.numpy())
            squares += [pair_loops.squares(table.numpy(), rows.numpy()) for rows in groups]
        ctx.save_for_backward(margins, *groups, *layers)
        ctx.norms = np.sqrt(squares)
        penalty = layers[0].new_tensor(ctx.norms.sum() / groups[0].numel())
        return losses.bpr(margins), penalty

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of the tables."""
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


class Norms(torch.autograd.Function):
    """The norms of the rows of users, positives and negatives, or half their squares."""

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
        """Compute it."""
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
        """Return the gradients of the tables."""
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
