"""The nodes of a Ray cluster as this study uses them: which one a run is placed on."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ecorec.errors import EcorecError
from ecorec.study.executors.needs import Needs
from ecorec.units import format_bytes

QUARANTINE_S = 30.0
"""Seconds for which a node that lost a run gets no other: Ray may not know yet that it is gone."""

GONE_AFTER_S = 10.0
"""Seconds that a node may be missing from the cluster's list before its runs count as lost. Ray
reports a lost task only when its process ends, and a process that hangs does not end."""

NOBODY_FITS_S = 60.0
"""Seconds to wait for a suitable node to come back before the study ends."""


@dataclass(frozen=True)
class Node:
    """A node as Ray lists it."""

    id: str
    name: str
    cpus: int
    gpus: int
    memory_bytes: int

    @classmethod
    def listed(cls, row: dict[str, Any]) -> "Node":
        """Return a node of `ray.nodes()`."""
        has = row["Resources"]
        return cls(
            id=row["NodeID"],
            name=row["NodeManagerHostname"],
            cpus=int(has.get("CPU", 0)),
            gpus=int(has.get("GPU", 0)),
            memory_bytes=int(has.get("memory", 0)),
        )

    def suits(self, needs: Needs) -> bool:
        """Return whether a run fits, if nothing else is there."""
        return (
            self.cpus >= needs.cpus
            and self.gpus >= needs.gpus
            and self.memory_bytes >= needs.memory_bytes
        )


class Nodes:
    """Keeps track of which node has which runs of this study.

    Ray knows what other programs have reserved on a node and lets a run wait until that is free;
    this class only decides on which node.

    Args:
        listed: Returns the nodes that are alive.
        exclusive: Whether a node has one run at a time.
        most: Runs at a time in all; `None` for as many as fit.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        listed: Callable[[], list[Node]],
        *,
        exclusive: bool,
        most: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listed = listed
        self._exclusive = exclusive
        self._most = most
        self._clock = clock
        self._placed: dict[int, tuple[str, Needs]] = {}
        self._suspect_until: dict[str, float] = {}
        self._missing_since: dict[str, float] = {}
        self._lacking_since: float | None = None

    def find(self, needs: Needs) -> Node | None:
        """Return a node that has room, the emptiest first; `None` if there is none for now.

        Raises:
            EcorecError: No node of the cluster suits, and none came within a minute.
        """
        if self._most is not None and len(self._placed) >= self._most:
            return None
        alive = self._listed()
        suiting = [node for node in alive if node.suits(needs)]
        now_s = self._clock()
        if suiting:
            self._lacking_since = None
        elif not self._placed:
            self._lacking_since = self._lacking_since or now_s
            if now_s - self._lacking_since >= NOBODY_FITS_S:
                raise nobody_suits(needs, alive)
        free = [
            node
            for node in suiting
            if self._suspect_until.get(node.id, 0.0) <= now_s and self._has_room(node, needs)
        ]
        return min(free, key=lambda node: len(self._on(node)), default=None)

    def place(self, number: int, node: Node, needs: Needs) -> None:
        """Note that a run is on a node."""
        self._placed[number] = (node.id, needs)

    def clear(self, number: int, *, lost: bool) -> None:
        """Note that a run has left its node; a node that lost one gets no other for a while."""
        node_id, _ = self._placed.pop(number)
        if lost:
            self._suspect_until[node_id] = self._clock() + QUARANTINE_S

    def orphaned(self) -> list[int]:
        """Return the runs whose node has left the cluster for good."""
        now_s, alive = self._clock(), {node.id for node in self._listed()}
        missing = {node_id for node_id, _ in self._placed.values()} - alive
        self._missing_since = {
            node_id: self._missing_since.get(node_id, now_s) for node_id in missing
        }
        gone = {
            at for at, since_s in self._missing_since.items() if now_s - since_s >= GONE_AFTER_S
        }
        return [number for number, (node_id, _) in self._placed.items() if node_id in gone]

    def _on(self, node: Node) -> list[Needs]:
        return [needs for node_id, needs in self._placed.values() if node_id == node.id]

    def _has_room(self, node: Node, needs: Needs) -> bool:
        there = self._on(node)
        if self._exclusive:
            return not there
        all_of_them = [*there, needs]
        return node.suits(
            Needs(
                cpus=sum(item.cpus for item in all_of_them),
                gpus=sum(item.gpus for item in all_of_them),
                memory_bytes=sum(item.memory_bytes for item in all_of_them),
            )
        )


def nobody_suits(needs: Needs, alive: list[Node]) -> EcorecError:
    """Return the error for a run that no node can take."""
    largest = ", ".join(
        f"{node.name}: {node.cpus} CPUs, {node.gpus} GPUs, {format_bytes(float(node.memory_bytes))}"
        for node in sorted(alive, key=lambda node: -node.memory_bytes)[:3]
    )
    message = f"no node of the cluster has {needs.cpus} CPUs, {needs.gpus} GPUs and "
    message += (
        f"{format_bytes(float(needs.memory_bytes))} for a run; its largest are {largest or 'none'}"
    )
    return EcorecError(message, hint="lower --threads, or add a node with `ray start`")
