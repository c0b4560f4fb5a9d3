"""Energy counters of Intel and AMD processors (RAPL), read from Linux's powercap tree.

A counter belongs to a package or to the memory behind it, sees everything that runs there,
and starts again from zero when it is full: after some 20 minutes at 200 W. It must therefore
be read more often than that, by windows or by `ecorec.energy.sampling`.
"""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ecorec.energy.accumulator import Accumulator
from ecorec.energy.rapl_tree import (
    MOST_W,
    PERIOD_S,
    POWERCAP,
    UPDATE_J,
    Counter,
    find_counters,
    without_mirrors,
)
from ecorec.energy.reading import ComponentEnergy, Method, Scope
from ecorec.energy.sensor import AbsentSensor, Sensor, absent_energy


class RaplSensor:
    """The sum of all counters of one kind: it is whole, or absent.

    Args:
        name: The sensor's own name.
        component: `cpu` for packages, `ram` for memory.
        counters: One for each package.
        clock: Monotonic seconds.

    Raises:
        OSError: A counter may not or cannot be read.
    """

    method: Method = "counter"
    scope: Scope = "machine"
    period_s = PERIOD_S
    sample_every_s = 10.0

    def __init__(
        self,
        name: str,
        component: str,
        counters: Sequence[Counter],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.component = component
        self._counters = tuple(counters)
        self._ranges = [counter.range_uj() for counter in counters]
        self._clock = clock
        self._lock = threading.Lock()
        self._asked_s = clock()
        self._last = [counter.read_uj() for counter in counters]
        self._counted = Accumulator()
        self._failure = "it could not be read"

    def read(self) -> float | None:
        """Return joules since the sensor was made; `None` if a counter could not be read."""
        with self._lock:
            asked_s = self._clock()
            try:
                values = [counter.read_uj() for counter in self._counters]
            except (OSError, ValueError) as error:
                self._failure = f"lost while measuring: {error}"
                return None
            # The thread may be held between a counter and the clock, at this look or the last:
            # no more time has passed than from before that one to after this one.
            self._advance(values, self._clock() - self._asked_s)
            self._asked_s = asked_s
            return self._counted.energy_j

    def sample(self) -> None:
        """Read in between, so that no counter fills up twice unseen."""
        self.read()

    def lose(self, reason: str) -> None:
        """Count what passed around now as unknown, for this reason."""
        with self._lock:
            self._failure = reason
            self._counted.lose(reason)

    def between(self, start: float | None, end: float | None) -> ComponentEnergy:
        """Return the joules between two reads; absent if the counters began anew in between."""
        if start is None or end is None:
            return absent_energy(self, self._failure)
        return self._counted.between(self, start, end)

    def _advance(self, values: list[int], elapsed_s: float) -> None:
        earlier, self._last = self._last, values
        # A counter that is lower than before has been full once.
        steps = [
            (new - old) % full for new, old, full in zip(values, earlier, self._ranges, strict=True)
        ]
        if elapsed_s * MOST_W > min(self._ranges) / 1e6:
            self._counted.lose(
                f"not read for {elapsed_s:.0f} s: a counter may have been full twice"
            )
        elif max(steps) / 1e6 > elapsed_s * MOST_W + UPDATE_J:
            self._counted.lose("a counter began anew in between, after a suspension perhaps")
        else:
            self._counted.add(sum(steps))


def rapl_sensors(
    root: Path = POWERCAP, clock: Callable[[], float] = time.monotonic
) -> tuple[Sensor, Sensor]:
    """Return the sensors of packages and of memory, either of them absent with its reason.

    Args:
        root: The powercap tree.
        clock: Monotonic seconds.
    """
    counters = find_counters(root)
    packages = without_mirrors([item for item in counters if item.is_package])
    memories = [item for item in counters if item.name == "dram"]
    return (
        _sensor("rapl-package", "cpu", packages, clock, f"no package counter under {root}"),
        _sensor("rapl-dram", "ram", memories, clock, "this processor has no counter of its memory"),
    )


def _sensor(
    name: str, component: str, counters: list[Counter], clock: Callable[[], float], none: str
) -> Sensor:
    if not counters:
        return AbsentSensor(component, none, name=name)
    try:
        return RaplSensor(name, component, counters, clock)
    except PermissionError as error:
        reason = f"no permission to read {error.filename}: sudo chmod a+r {error.filename}"
        return AbsentSensor(component, reason, name=name)
    except (OSError, ValueError) as error:
        return AbsentSensor(component, f"cannot be read: {error}", name=name)
