"""Modelled energy of the CPU: the process tree's CPU seconds times the watts of a busy CPU.

CPU time is exact and does not see the neighbours' load, which is why it is the base of
the model where no counter can be read. The watts are not exact: they are a range, and
every joule carries it.
"""

import os
from dataclasses import dataclass, field

import psutil

from ecorec.energy.reading import ComponentEnergy, Method, Scope
from ecorec.energy.sensor import absent_energy


class ProcessTreeClock:
    """CPU seconds of this process, all its threads, and its children, dead or alive."""

    def __init__(self, process: psutil.Process | None = None) -> None:
        self._process = process or psutil.Process()
        # The pids of living children are looked up in /proc, which costs more than all else
        # here; the kernel's own list of them is one small file for each thread.
        self._children_of = f"/proc/{self._process.pid}/task/{self._process.pid}/children"

    def __call__(self) -> float:
        """Return CPU seconds, user and system, since the process began."""
        times = os.times()
        spent = _thread_time() + times.children_user + times.children_system
        if not self._has_children():
            return spent
        for child in self._process.children(recursive=True):
            try:
                child_times = child.cpu_times()
            except psutil.NoSuchProcess:
                continue  # it has ended since the list was made and will be among the reaped
            spent += child_times.user + child_times.system
        return spent

    def _has_children(self) -> bool:
        try:
            with open(self._children_of) as children:  # noqa: PTH123 - the hot path of every window
                return bool(children.read())
        except OSError:
            return True  # no such list on this system: look for children the long way


def _thread_time() -> float:
    # Nanosecond resolution, all threads, no children.
    import time

    return time.process_time()


@dataclass(frozen=True)
class CpuTimeSensor:
    """CPU seconds x watts per busy logical CPU, as low, central and high."""

    watts_per_cpu: tuple[float, float, float]
    method: Method
    """`modelled` for a recognised processor, `assumed` otherwise."""
    source: str
    """Where the watts come from."""
    clock: ProcessTreeClock = field(default_factory=ProcessTreeClock)
    name: str = "cpu-time"
    component: str = "cpu"
    scope: Scope = "process"
    period_s: float = 1e-6

    def read(self) -> float | None:
        """Return CPU seconds."""
        return self.clock()

    def between(self, start: float | None, end: float | None) -> ComponentEnergy:
        """Return the joules of the CPU seconds between two reads."""
        if start is None or end is None:
            return absent_energy(self, "the CPU time of the process could not be read")
        # A child that ends between the two reads without being waited for takes its time
        # along; the sum may then fall by that much, which is not negative energy.
        spent = max(0.0, end - start)
        low, central, high = self.watts_per_cpu
        return ComponentEnergy(
            component=self.component,
            sensor=self.name,
            method=self.method,
            scope=self.scope,
            energy_j=central * spent,
            low_j=low * spent,
            high_j=high * spent,
            reason=self.source,
        )
