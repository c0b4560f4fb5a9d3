"""The columns of every embedding table that one of several processes holds (column-wise sharding).

Propagation mixes rows and leaves columns alone, so that each process propagates its own columns
and nothing has to travel. What needs whole rows is little: the batch's scores are sums over
columns, of which each process adds its part. From there on every process computes the same loss,
and the gradient of its own columns is complete: backwards, nothing travels at all.
"""

from dataclasses import dataclass, field
from typing import Any

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor

from ecorec.errors import InputError


@dataclass
class Traffic:
    """What processes have exchanged while they trained: as much for each of them."""

    summed_bytes: int = 0
    """Of tensors to which every process added its part (all-reduce)."""
    gathered_bytes: int = 0
    """Of whole rows that were put together from every process's columns (all-gather)."""

    def sent_bytes(self, n_processes: int) -> float:
        """Return what each process sends where a ring carries it, as gloo and NCCL do.

        A ring of p processes sends each part of a gathered tensor p - 1 times, and of a summed
        one as often again while it is added up: (p - 1) / p of the tensor a process, or twice.
        """
        whole = 2 * self.summed_bytes + self.gathered_bytes
        return whole * (n_processes - 1) / n_processes


@dataclass(frozen=True, eq=False)
class ColumnShard:
    """One process's share of the columns, and what it exchanges with the others."""

    rank: int = 0
    """Of this process, from 0."""
    n_shards: int = 1
    """Processes that share the columns."""
    traffic: Traffic = field(default_factory=Traffic)

    @property
    def is_whole(self) -> bool:
        """Whether this process holds all columns."""
        return self.n_shards == 1

    def columns(self, size: int) -> slice:
        """Return this process's columns of a table that has `size` in all.

        Raises:
            InputError: They cannot be shared evenly.
        """
        if size % self.n_shards:
            down, up = (size // self.n_shards + more for more in (0, 1))
            near = [str(width * self.n_shards) for width in (down, up) if width]
            message = f"embedding_size = {size} cannot be divided among {self.n_shards} processes"
            raise InputError(message, hint=f"ask for --embedding-sizes {' or '.join(near)}")
        width = size // self.n_shards
        return slice(self.rank * width, (self.rank + 1) * width)

    def cut(self, table: Float[Tensor, "rows size"]) -> Float[Tensor, "rows own"]:
        """Return this process's columns of a whole table."""
        return table if self.is_whole else table[:, self.columns(table.shape[1])].contiguous()

    def add_up(self, parts: Tensor) -> None:
        """Turn this process's parts of sums into the sums, in place and outside autograd."""
        if not self.is_whole:
            self.traffic.summed_bytes += parts.numel() * parts.element_size()
            dist.all_reduce(parts)

    def summed(self, parts: Tensor) -> Tensor:
        """Return the sums of which every process has a part.

        The gradient of a part is that of the sum, because every process computes the same
        loss from the sums.
        """
        if self.is_whole:
            return parts
        total: Tensor = _Summed.apply(parts, self)  # type: ignore[no-untyped-call]
        return total

    def whole_rows(self, rows: Float[Tensor, "rows own"]) -> Float[Tensor, "rows size"]:
        """Return rows with the columns of every process.

        The gradient is this process's columns of that of the whole rows, because every process
        computes the same loss from them.
        """
        if self.is_whole:
            return rows
        whole: Tensor = _WholeRows.apply(rows, self)  # type: ignore[no-untyped-call]
        return whole

    def whole_table(self, table: Float[Tensor, "rows own"]) -> Float[Tensor, "rows size"] | None:
        """Return a table with all columns to the first process, and `None` to the others.

        For validation, tests and files; not part of the traffic of training.
        """
        if self.is_whole:
            return table
        own = table.detach().contiguous()
        if self.rank:
            dist.gather(own)
            return None
        parts = [torch.empty_like(own) for _ in range(self.n_shards)]
        dist.gather(own, parts)
        return torch.cat(parts, dim=1)


WHOLE = ColumnShard()
"""All columns in one process: nothing is exchanged."""


class _Summed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, parts: Tensor, shard: ColumnShard) -> Tensor:
        total = parts.detach().clone(memory_format=torch.contiguous_format)
        shard.add_up(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0], None


class _WholeRows(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, shard: ColumnShard) -> Tensor:
        ctx.shard = shard
        own = rows.detach().contiguous()
        parts = [torch.empty_like(own) for _ in range(shard.n_shards)]
        dist.all_gather(parts, own)
        whole = torch.cat(parts, dim=1)
        shard.traffic.gathered_bytes += whole.numel() * whole.element_size()
        return whole

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return ctx.shard.cut(gradients[0]), None
