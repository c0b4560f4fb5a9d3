"""Energy counters of Intel and AMD processors (RAPL), read from Linux's powercap tree.

A counter belongs to a package or to the memory behind it, sees everything that runs there,
and starts again from zero when it is full: after some 20 minutes at 200 W. It must therefore
be read more often than that, by windows or by `ecorec.energy.sampling`.
"""

import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecorec.energy.accumulator import Accumulator
from ecorec.energy.reading import ComponentEnergy, Method, Scope
from ecorec.energy.sensor import AbsentSensor, Sensor, absent_energy

POWERCAP = Path("/sys/class/powercap")

MOST_W = 1000.0
"""No package draws more; what seems to was a counter that began anew, or was full twice."""

PERIOD_S = 1e-3
"""How often a counter is updated."""

UPDATE_J = MOST_W * PERIOD_S
"""The most that two looks at one counter, a moment apart, can differ by."""

_PACKAGE = re.compile(r"package-(\d+)(-die-\d+)?")


@dataclass(frozen=True)
class Counter:
    """One counter of the tree."""

    zone: Path
    """Its folder."""
    name: str
    """Its domain, e.g. `package-0`, `package-1-die-0`, `dram`."""

    def read_uj(self) -> int:
        """Return microjoules since it last began from zero.

        Raises:
            OSError: It may not or cannot be read.
        """
        return int((self.zone / "energy_uj").read_text())

    def range_uj(self) -> int:
        """Return the microjoules at which it begins from zero again."""
        return int((self.zone / "max_energy_range_uj").read_text())


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
        self._last = [counter.read_uj() for counter in counters]
        self._at_s = clock()
        self._counted = Accumulator()
        self._failure = "it could not be read"

    def read(self) -> float | None:
        """Return joules since the sensor was made; `None` if a counter could not be read."""
        with self._lock:
            try:
                values = [counter.read_uj() for counter in self._counters]
            except (OSError, ValueError) as error:
                self._failure = f"lost while measuring: {error}"
                return None
            self._advance(values, self._clock())
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

    def _advance(self, values: list[int], at_s: float) -> None:
        elapsed_s, self._at_s = at_s - self._at_s, at_s
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
    packages = _without_mirrors([item for item in counters if _PACKAGE.fullmatch(item.name)])
    memories = [item for item in counters if item.name == "dram"]
    return (
        _sensor("rapl-package", "cpu", packages, clock, f"no package counter under {root}"),
        _sensor("rapl-dram", "ram", memories, clock, "this processor has no counter of its memory"),
    )


def find_counters(root: Path) -> list[Counter]:
    """Return every counter of the tree once, in order.

    A package is also shown through memory-mapped registers (`intel-rapl-mmio`): the same
    joules, and left out.
    """
    zones = [*root.glob("*-rapl:*"), *root.glob("*-rapl:*/*-rapl:*")]
    named: dict[str, Counter] = {}
    for zone in sorted(zones, key=lambda zone: zone.name):
        try:
            named.setdefault(zone.name, Counter(zone, (zone / "name").read_text().strip()))
        except OSError:
            continue  # not a zone: it has no name
    return list(named.values())


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


def _without_mirrors(packages: Iterable[Counter]) -> list[Counter]:
    """Return the counters of the packages.

    Some AMD parts show the counter of the whole socket once for each die: all have the same
    value since the machine started, and one of them is enough.
    """
    dies: dict[str, list[Counter]] = {}
    for counter in packages:
        match = _PACKAGE.fullmatch(counter.name)
        if match is not None:
            dies.setdefault(match[1], []).append(counter)
    return [counter for group in dies.values() for counter in _distinct(group)]


def _distinct(dies: list[Counter]) -> list[Counter]:
    try:
        values = [die.read_uj() for die in dies]
    except (OSError, ValueError):
        return dies  # that they cannot be read is told when the sensor is made
    mirrored = max(values) - min(values) <= UPDATE_J * 1e6
    return dies[:1] if mirrored else dies
