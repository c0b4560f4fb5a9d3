"""Modelled energy of memory: what the process holds, times watts for each gibibyte."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ecorec.energy.reading import ComponentEnergy, Method, Scope
from ecorec.energy.sensor import absent_energy

WATTS_PER_GIB = (0.08, 0.2, 0.4)
"""Low, central and high watts of a gibibyte that is in use.

A server's module draws 3 to 6 W, whatever it holds, and has 16 to 64 GiB: 0.05 to 0.4 W a
gibibyte; codecarbon 2 and earlier took 0.375. The middle is not a measurement.
"""

_STATM = Path("/proc/self/statm")
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def resident_bytes() -> float | None:
    """Return the resident memory of this process in bytes, its children excluded."""
    try:
        return float(int(_STATM.read_text().split()[1]) * _PAGE)
    except (OSError, ValueError, IndexError):
        return None


class MemorySensor:
    """Resident memory over time, in gibibyte-seconds, times watts a gibibyte.

    Args:
        resident: Bytes that the process holds now.
        clock: Monotonic seconds.
    """

    name = "resident-memory"
    component = "ram"
    method: Method = "assumed"
    scope: Scope = "process"
    period_s = 1e-6
    sample_every_s = 1.0

    def __init__(
        self,
        resident: Callable[[], float | None] = resident_bytes,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._resident = resident
        self._clock = clock
        self._lock = threading.Lock()
        self._held_gib_s = 0.0
        self._last: tuple[float, float] | None = None
        self._lost: str | None = None

    def read(self) -> float | None:
        """Return gibibyte-seconds since the first read; `None` if the system does not tell."""
        held = self._resident()
        if held is None or self._lost is not None:
            return None
        with self._lock:
            now_s = self._clock()
            if self._last is not None:
                at_s, before = self._last
                self._held_gib_s += (now_s - at_s) * (before + held) / 2 / 2**30
            self._last = (now_s, held)
            return self._held_gib_s

    def sample(self) -> None:
        """Look in between, so that a long window's memory is not that of its ends."""
        self.read()

    def lose(self, reason: str) -> None:
        """Show nothing from now on, for this reason."""
        self._lost = reason

    def between(self, start: float | None, end: float | None) -> ComponentEnergy:
        """Return the joules of the memory that was held between two reads."""
        if start is None or end is None:
            why = self._lost or "the system does not say what the process holds"
            return absent_energy(self, why)
        low, central, high = WATTS_PER_GIB
        held = end - start
        return ComponentEnergy(
            component=self.component,
            sensor=self.name,
            method=self.method,
            scope=self.scope,
            energy_j=central * held,
            low_j=low * held,
            high_j=high * held,
            reason=f"resident memory x {low:g} to {high:g} W a GiB",
        )
