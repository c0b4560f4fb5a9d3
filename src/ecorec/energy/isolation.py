"""Whether other work ran on the machine meanwhile: evidence that a reading is the run's own.

CPU time does not see the neighbours, but it feels them: shared caches and clocks make the same
work take longer. A counter of the machine bills them outright.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import NonNegativeFloat, NonNegativeInt

from ecorec.config import Config
from ecorec.energy.cpu_time import ProcessTreeClock
from ecorec.energy.meter_command import commands

STAT = Path("/proc/stat")
CPUS = Path("/sys/devices/system/cpu")

MOST_FOREIGN = 0.05
"""More than this share of the machine's CPU time for others, and a run is contaminated."""

_COLUMNS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_BUSY = ("user", "nice", "system", "irq", "softirq")


class Isolation(Config):
    """What else the machine did during a run, as shares of all its CPU time."""

    foreign_share: NonNegativeFloat
    """To processes that are not the run's, 0 to 1."""
    steal_share: NonNegativeFloat
    """To other virtual machines on the same host, 0 to 1."""
    throttle_events: NonNegativeInt | None
    """How often a core or package was slowed down for its heat; `None` if nobody counts."""
    foreign_gpu_processes: NonNegativeInt | None = None
    """Processes of others on the GPUs in use, the most at any look; `None` without a GPU, or where
    nothing tells."""

    @property
    def contaminated(self) -> bool:
        """Whether the reading is not the run's own, and is left out of comparisons."""
        return self.foreign_share > MOST_FOREIGN or bool(self.foreign_gpu_processes)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes the reading less sure, in words; nothing if the machine was quiet."""
        found = []
        if self.foreign_share > MOST_FOREIGN:
            found.append(f"other processes had {self.foreign_share:.0%} of the machine's CPU time")
        if self.foreign_gpu_processes:
            found.append(f"others computed on the GPU (processes: {self.foreign_gpu_processes})")
        if self.steal_share > MOST_FOREIGN:
            found.append(f"the host withheld {self.steal_share:.0%} of the CPU time (steal)")
        if self.throttle_events:
            found.append(f"cores were slowed down for their heat {self.throttle_events} times")
        return tuple(found)


@dataclass(frozen=True)
class _Account:
    at_s: float
    own_s: float
    busy_s: float
    stolen_s: float
    throttled: int | None


class IsolationWatch:
    """Watches from the moment that it is made.

    Args:
        clock: Monotonic seconds.
        cpu_clock: CPU seconds of the run.
        stat: The kernel's account of all CPUs.
        cpus: The kernel's folder of CPUs, with what counts their throttling.
        n_cpus: Logical CPUs of the machine.
        gpu_processes: Counts processes of others that were on the GPUs in use.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        cpu_clock: Callable[[], float] | None = None,
        stat: Path = STAT,
        cpus: Path = CPUS,
        n_cpus: int | None = None,
        gpu_processes: Callable[[], int | None] | None = None,
    ) -> None:
        self._clock = clock
        self._cpu_clock = cpu_clock or ProcessTreeClock()
        self._stat = stat
        self._cpus = cpus
        self._n_cpus = n_cpus or os.cpu_count() or 1
        self._gpu_processes = gpu_processes or (lambda: None)
        self._start = self._now()

    def isolation(self) -> Isolation | None:
        """Return what was seen so far; `None` where the system keeps no such account."""
        start, end = self._start, self._now()
        if start is None or end is None:
            return None
        # The kernel counts in ticks, so that what is left of a quiet machine may be below zero.
        capacity_s = max((end.at_s - start.at_s) * self._n_cpus, 1e-9)
        foreign_s = (end.busy_s - start.busy_s) - (end.own_s - start.own_s)
        counted = end.throttled is not None and start.throttled is not None
        return Isolation(
            foreign_share=max(0.0, foreign_s) / capacity_s,
            steal_share=max(0.0, end.stolen_s - start.stolen_s) / capacity_s,
            throttle_events=max(0, (end.throttled or 0) - (start.throttled or 0))
            if counted
            else None,
            foreign_gpu_processes=self._gpu_processes(),
        )

    def _now(self) -> _Account | None:
        try:
            name, *counts = self._stat.read_text().split("\n", 1)[0].split()
            ticks = [int(count) for count in counts]
        except (OSError, ValueError):
            return None
        # A sandbox may show the file and count nothing in it: that nobody ran is not known.
        if name != "cpu" or len(ticks) < len(_COLUMNS) or not any(ticks):
            return None
        per_s = os.sysconf("SC_CLK_TCK")
        spent = {name: tick / per_s for name, tick in zip(_COLUMNS, ticks, strict=False)}
        busy_s = sum(spent[column] for column in _BUSY)
        # What asks the run's meter is not the run's work, but it is nobody else's either.
        own_s = self._cpu_clock() + commands().cpu_s
        return _Account(self._clock(), own_s, busy_s, spent["steal"], self._throttled())

    def _throttled(self) -> int | None:
        """Return how often any core or package was throttled since the machine started."""
        files = [*self._cpus.glob("cpu[0-9]*/thermal_throttle/*_throttle_count")]
        try:
            return sum(int(file.read_text()) for file in files) if files else None
        except (OSError, ValueError):
            return None
