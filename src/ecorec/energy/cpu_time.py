"""Modelled energy of the CPU: the process tree's CPU seconds times the watts of a busy CPU.

CPU time is exact and does not see the neighbours' load, which is why it is the base of
the model where no counter can be read. The watts are not exact: they are a range, and
every joule carries it.
"""

import os
import resource
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import psutil

from ecorec.energy import meter_command
from ecorec.energy.reading import ComponentEnergy, Method, Scope
from ecorec.energy.sensor import absent_energy


class ProcessTreeClock:
    """CPU seconds of this process, all its threads, and its descendants, dead or alive.

    Commands that ask a meter are no part of it: they are the measurement's.

    Resolution: a nanosecond for this process, a microsecond for children that it has waited
    for, one tick of the scheduler (10 ms) for children that live. Not seen: the descendants of
    a child that has ended, which belong to the system from then on, and a child that ended
    without anybody waiting for it.
    """

    def __init__(self) -> None:
        self._process = psutil.Process()

    def __call__(self) -> float:
        """Return CPU seconds, user and system, since the process began."""
        with meter_command.LOCK:
            reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
            metering = meter_command.commands()
        spent = time.process_time() + reaped.ru_utime + reaped.ru_stime - metering.cpu_s
        if _has_children():
            alive = self._process.children(recursive=True)
            spent += sum(map(spent_by, _without(alive, metering.under_way)))
        return spent


def _has_children() -> bool:
    """Return whether there is any child, of whichever thread, without looking for them."""
    if not hasattr(os, "waitid"):
        return True  # this system cannot be asked: look for them the long way
    try:
        # WNOWAIT leaves what it finds as it is: a child that has ended is still to be waited for.
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _without(alive: list[psutil.Process], commands: frozenset[int]) -> Iterable[psutil.Process]:
    """Return descendants, those that are of a meter's command left out."""
    if not commands:
        return alive
    apart, kept = set(commands), []
    for child in alive:  # parents come before their children
        try:
            of_command = child.pid in apart or child.ppid() in apart
        except psutil.Error:
            continue  # it ended since the list was made
        if of_command:
            apart.add(child.pid)
        else:
            kept.append(child)
    return kept


def spent_by(child: psutil.Process) -> float:
    """Return CPU seconds of a process and of the children that it has waited for."""
    try:
        times = child.cpu_times()
    except psutil.Error:
        return 0.0  # it ended since the list was made, and is among the reaped from now on
    # What it has reaped itself comes with it: a grandchild that has ended is in no list.
    return float(times.user + times.system + times.children_user + times.children_system)


@dataclass(frozen=True)
class CpuTimeSensor:
    """CPU seconds x watts per busy logical CPU, as low, central and high."""

    watts_per_cpu: tuple[float, float, float]
    method: Method
    """`modelled` for a recognised processor, `assumed` otherwise."""
    source: str
    """Where the watts come from."""
    clock: Callable[[], float] = field(default_factory=ProcessTreeClock)
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
