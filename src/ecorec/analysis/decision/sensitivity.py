"""Whether an order by cost survives other watts, another grid, and total for dynamic energy."""

from collections.abc import Sequence
from dataclasses import dataclass

from ecorec.analysis.decision.trade_off import Point, TradeOff
from ecorec.analysis.idle import not_told, why_no_idle
from ecorec.analysis.spent import CURRENCIES, Prices
from ecorec.analysis.statistics.pareto import pareto_front
from ecorec.analysis.study_analysis import Benchmark

GRIDLESS = ("time", "memory")
"""Currencies that do not depend on watts or on a grid."""


@dataclass(frozen=True)
class Variant:
    """The same trade-off under another assumption."""

    name: str
    """E.g. `low watts`."""
    swapped: tuple[tuple[str, str], ...]
    """Pairs of labels whose order by cost is the other way round, cheaper first as it was."""
    joined: tuple[str, ...]
    """Labels of configurations that join the front."""
    left: tuple[str, ...]
    """Labels of configurations that leave it."""
    absent: str = ""
    """Why this variant could not be computed; empty if it could."""

    @property
    def survives(self) -> bool:
        """Whether order and front are as they were."""
        return not (self.swapped or self.joined or self.left or self.absent)


def sensitivity(found: TradeOff, benchmark: Benchmark, prices: Prices) -> tuple[Variant, ...]:
    """Return what other assumptions would change.

    Args:
        found: The trade-off under the original assumptions.
        benchmark: The benchmark that it is of.
        prices: Grid and serving that it was computed with.
    """
    if found.currency.name in GRIDLESS or len(found.points) < 2:
        return ()
    points = found.points
    variants = [
        _variant("low watts", found, {p.position: p.spent.low for p in points}),
        _variant("high watts", found, {p.position: p.spent.high for p in points}),
    ]
    if found.currency.name == "energy":
        dynamic = {
            point.position: spent.central
            for point in points
            if (spent := CURRENCIES["dynamic"].of(benchmark.configurations[point.position], prices))
        }
        name = "dynamic instead of total energy"
        if len(dynamic) == len(points):
            variants.append(_variant(name, found, dynamic))
        else:
            records = [r for p in points for r in benchmark.configurations[p.position].compared]
            idle = benchmark.configurations[0].idle
            why = why_no_idle(records, idle)
            lost = "" if why else not_told(records, idle)
            absent = f"idle energy is absent, {why or 'only some runs have an idle part'}"
            if lost:
                absent = f"dynamic energy is absent, {lost}"
            variants.append(Variant(name, (), (), (), absent=absent))
    return tuple(variants)


def _variant(name: str, found: TradeOff, costs: dict[int, float]) -> Variant:
    points = found.points
    swapped = [
        (a.label, b.label)
        for at, a in enumerate(points)
        for b in points[at + 1 :]
        if a.spent.central < b.spent.central and costs[a.position] > costs[b.position]
    ]
    front = _front(points, costs)
    before = [point.label for point in found.front]
    return Variant(
        name=name,
        swapped=tuple(swapped),
        joined=tuple(label for label in front if label not in before),
        left=tuple(label for label in before if label not in front),
    )


def _front(points: Sequence[Point], costs: dict[int, float]) -> list[str]:
    ordered = sorted(points, key=lambda point: (costs[point.position], -point.quality))
    found = pareto_front([p.quality for p in ordered], [costs[p.position] for p in ordered])
    return [ordered[i].label for i in found]


def overlapping(found: TradeOff) -> int:
    """Return how many pairs could change order if each were anywhere in its sensors' range."""
    points = found.points
    return sum(a.spent.high >= b.spent.low for at, a in enumerate(points) for b in points[at + 1 :])
