"""Whose processes are on a GPU: the run's own, known by several numbers, or those of others.

A driver may number processes as the machine does, while a process in a container sees the numbers
of its own namespace. Its own process is then in the list under a number that it cannot see.
"""

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

PROC = Path("/proc")

OUTERMOST = "pid:[4026531836]"
"""The machine's own namespace of pids; the kernel gives it this number on every machine."""

_NUMBERS = re.compile(r"^NSpid:([\s\d]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Family:
    """This process and those that it has begun."""

    pids: frozenset[int]
    """Their numbers, in every namespace that can be seen from here."""
    enclosed: bool
    """Whether they are in a namespace of their own, as in a container."""


def own_family(proc: Path = PROC) -> Family:
    """Return this process and its descendants, as the system shows them.

    Args:
        proc: Where the kernel shows processes.
    """
    pids = {os.getpid(), *_numbers(proc / "self" / "status")}
    for child in _descendants():
        pids |= {child, *_numbers(proc / str(child) / "status")}
    try:
        enclosed = str((proc / "self" / "ns" / "pid").readlink()) != OUTERMOST
    except OSError:
        enclosed = False  # a system without namespaces
    return Family(frozenset(pids), enclosed)


def count_foreign(running: Iterable[int], family: Family) -> int | None:
    """Return how many processes on a GPU are of others; `None` if that cannot be told.

    Args:
        running: The processes on a GPU that this one computes on, as the driver numbers them.
        family: This process and its descendants.
    """
    listed = set(running)
    foreign = listed - family.pids
    # It computes there, so that a list without it is one of other numbers, or leaves some out.
    if family.enclosed and foreign == listed:
        return None
    return len(foreign)


class MostForeign:
    """The most processes of others that were on a GPU at any look: one may end before the run.

    Args:
        count: Counts those that are there now; `None` where nothing tells.
    """

    sample_every_s = 10.0

    def __init__(self, count: Callable[[], int | None]) -> None:
        self._count = count
        self._most: int | None = None

    def __call__(self) -> int | None:
        """Look once more, and return the most of all looks; `None` if none of them told."""
        self.sample()
        return self._most

    def sample(self) -> None:
        """Look, as a sampler asks for."""
        found = self._count()
        if found is not None:
            self._most = max(found, self._most or 0)

    def lose(self, reason: str) -> None:
        """Nothing: a look that failed tells of nobody, and the others still do."""


def _numbers(status: Path) -> set[int]:
    """Return a process's numbers, from the namespace of `/proc` to its own."""
    try:
        found = _NUMBERS.search(status.read_text())
    except OSError:
        return set()
    return set(map(int, found[1].split())) if found else set()


def _descendants() -> list[int]:
    try:
        return [child.pid for child in psutil.Process().children(recursive=True)]
    except psutil.Error:
        return []
