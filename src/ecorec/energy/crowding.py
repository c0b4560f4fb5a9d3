"""Whether other work ran on the machine meanwhile: evidence that a reading is the run's own.

CPU time does not see the neighbours, but it feels them: shared caches and clocks make the same
work take longer. A counter of the machine bills them outright.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ecorec.energy.cpu_time import ProcessTreeClock

STAT = Path("/proc/stat")

CROWDED = 0.05
"""More than this share of the machine's CPU time for others, and a run is crowded."""

_COLUMNS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_BUSY = ("user", "nice", "system", "irq", "softirq")


@dataclass(frozen=True)
class Crowding:
    """How much of the machine's CPU time went elsewhere, as shares of all of it."""

    foreign: float
    """To processes that are not the run's."""
    stolen: float
    """To other virtual machines on the same host."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes the reading less sure, in words; nothing if the machine was quiet."""
        found = []
        if self.foreign > CROWDED:
            found.append(f"other processes had {self.foreign:.0%} of the machine's CPU time")
        if self.stolen > CROWDED:
            found.append(f"the host withheld {self.stolen:.0%} of the machine's CPU time (steal)")
        return tuple(found)


class CrowdingWatch:
    """Watches from the moment that it is made.

    Args:
        clock: Monotonic seconds.
        cpu_clock: CPU seconds of the run.
        stat: The kernel's account of all CPUs.
        n_cpus: Logical CPUs of the machine.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        cpu_clock: Callable[[], float] | None = None,
        stat: Path = STAT,
        n_cpus: int | None = None,
    ) -> None:
        self._clock = clock
        self._cpu_clock = cpu_clock or ProcessTreeClock()
        self._stat = stat
        self._n_cpus = n_cpus or os.cpu_count() or 1
        self._start = self._now()

    def crowding(self) -> Crowding | None:
        """Return what was seen so far; `None` where the system keeps no such account."""
        end = self._now()
        if self._start is None or end is None:
            return None
        seconds, own_s, busy_s, stolen_s = (
            last - first for first, last in zip(self._start, end, strict=True)
        )
        capacity_s = seconds * self._n_cpus
        if capacity_s <= 0:
            return Crowding(0.0, 0.0)
        # The kernel counts in ticks, so that what is left of a quiet machine may be below zero.
        return Crowding(max(0.0, busy_s - own_s) / capacity_s, max(0.0, stolen_s) / capacity_s)

    def _now(self) -> tuple[float, float, float, float] | None:
        try:
            name, *counts = self._stat.read_text().split("\n", 1)[0].split()
            ticks = [int(count) for count in counts]
        except (OSError, ValueError):
            return None
        if name != "cpu" or len(ticks) < len(_COLUMNS):
            return None
        per_s = os.sysconf("SC_CLK_TCK")
        spent = {name: tick / per_s for name, tick in zip(_COLUMNS, ticks, strict=False)}
        busy_s = sum(spent[column] for column in _BUSY)
        return self._clock(), self._cpu_clock(), busy_s, spent["steal"]
