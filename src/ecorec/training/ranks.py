"""Several processes that train one model: the first leads, the others do what it does.

Only the first process decides: when to validate, which epoch is kept, when to stop. Whatever all
of them must take part in is a method of `Trainer` that tells the others to call it too.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch.distributed as dist
from torch import Tensor

from ecorec.graph.shard import ColumnShard


class Ranks:
    """This process's place among those that train together.

    Args:
        shard: Its columns.
    """

    def __init__(self, shard: ColumnShard) -> None:
        self.shard = shard
        self.phase = ""
        """Under which phase the others book what they are told to do."""

    @property
    def are_several(self) -> bool:
        """Whether there is anybody else."""
        return not self.shard.is_whole

    @property
    def leads(self) -> bool:
        """Whether this process tells the others what to do, rather than being told."""
        return self.shard.rank == 0

    def tell(self, order: str, *given: Any) -> None:
        """Have the others do the same; nothing where there are none, or if this is one of them."""
        if self.are_several and self.leads:
            dist.broadcast_object_list([self.phase, order, given], src=0)

    def heard(self) -> tuple[str, str, tuple[Any, ...]]:
        """Wait for the first process; return its phase, what it does, and with what."""
        said: list[Any] = [None, None, None]
        dist.broadcast_object_list(said, src=0)
        phase, order, given = said
        return phase, order, given

    def collect(self, own: Any) -> list[Any]:
        """Return what every process has, in their order, to the first; nothing to the others."""
        if not self.are_several:
            return [own]
        found: list[Any] | None = [None] * self.shard.n_shards if self.leads else None
        dist.gather_object(own, found)
        return found or []

    def whole(self, tables: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return tables with all columns to the first process; what is no table stays as it is."""
        found = {
            name: self.shard.whole_table(value) if value.ndim == 2 else value
            for name, value in tables.items()
        }
        return {name: value for name, value in found.items() if value is not None}

    def own(self, state: Mapping[str, Tensor], tables: tuple[str, ...]) -> dict[str, Tensor]:
        """Return this process's part of a state that the first process has whole.

        Args:
            state: By name; what the others give is not looked at.
            tables: Beginnings of the names of what is cut by columns.
        """
        if not self.are_several:
            return dict(state)
        parts: list[Any] | None = None
        if self.leads:
            places = [replace(self.shard, rank=rank) for rank in range(self.shard.n_shards)]
            parts = [_cut(place, state, tables) for place in places]
        received: list[Any] = [None]
        dist.scatter_object_list(received, parts, src=0)
        own: dict[str, Tensor] = received[0]
        return own


def _cut(
    place: ColumnShard, state: Mapping[str, Tensor], tables: tuple[str, ...]
) -> dict[str, Tensor]:
    return {
        name: place.cut(value) if value.ndim == 2 and name.startswith(tables) else value
        for name, value in state.items()
    }


ALONE = Ranks(ColumnShard())
"""One process, which has nobody to tell."""
