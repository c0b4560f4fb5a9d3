"""The counters of Linux's powercap tree, each joule once."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

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

    @property
    def is_package(self) -> bool:
        """Whether it counts a package, or a die of one."""
        return _PACKAGE.fullmatch(self.name) is not None

    def read_uj(self) -> int:
        """Return microjoules since it last began from zero.

        Raises:
            OSError: It may not or cannot be read.
        """
        return int((self.zone / "energy_uj").read_text())

    def range_uj(self) -> int:
        """Return the microjoules at which it begins from zero again."""
        return int((self.zone / "max_energy_range_uj").read_text())


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


def without_mirrors(packages: Iterable[Counter]) -> list[Counter]:
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
        mirrored = all(_mirrors(die, dies[0]) for die in dies[1:])
    except (OSError, ValueError):
        return dies  # that they cannot be read is told when the sensor is made
    return dies[:1] if mirrored else dies


def _mirrors(die: Counter, first: Counter) -> bool:
    """Return whether a die shows what the first one does, however long the looks take."""
    before_uj, shown_uj, after_uj = first.read_uj(), die.read_uj(), first.read_uj()
    update_uj = UPDATE_J * 1e6
    return before_uj - update_uj <= shown_uj <= after_uj + update_uj
