"""The uncertainty budget of a number: its sources, and one interval from all of them.

The sources multiply the number and are independent, so their logarithms are added in quadrature,
upwards and downwards separately: JCGM 100 (GUM) 5.1.2 for a product. Each end of a source, also of
a stated range, is taken for the end of a 95 % interval.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ecorec.analysis.run_energy import Energy
from ecorec.energy.emissions import Intensity, YearRange


@dataclass(frozen=True)
class Source:
    """One thing that makes a number unsure."""

    name: str
    """E.g. `sensors`."""
    low: float | None
    """Low end over the central value, at most 1; `None` if it is not known."""
    high: float | None
    """High end over the central value, at least 1; `None` if it is not known."""
    words: str
    """Where the two ends come from, or why they are not known."""


def combine(sources: Sequence[Source]) -> tuple[float, float]:
    """Return low and high ends over the central value, of all sources that are known."""
    low = [source.low for source in sources if source.low is not None]
    high = [source.high for source in sources if source.high is not None]
    # If one source may be zero, so may the product.
    down = 0.0 if min(low, default=1.0) <= 0 else math.exp(-math.hypot(*map(math.log, low)))
    return down, math.exp(math.hypot(*map(math.log, high)))


def budget(energy: Energy, grid: Intensity, years: YearRange | None, pue: float) -> list[Source]:
    """Return the sources of uncertainty of one configuration's grams, in order of printing.

    Args:
        energy: Its joules.
        grid: The factor of its grams.
        years: How much the grid's intensity varied by year; `None` if that is not known.
        pue: Power usage effectiveness, as stated.
    """
    joules = energy.mean_j
    sensors = Source(
        "sensors",
        _over(energy.low_j, joules),
        _over(energy.high_j, joules),
        f"range of the sensors' own, {energy.method}",
    )
    return [sensors, _repeats(energy), _grid(grid, years), _pue(pue)]


def _repeats(energy: Energy) -> Source:
    n, over = energy.n_independent, energy.over
    if energy.interval_j is None:
        known = "a single one" if n == 1 else f"only {n} {over}"
        return Source("repeats", None, None, f"not known from {known} (five or more tell)")
    low, high = (_over(end, energy.mean_j) for end in energy.interval_j)
    words = f"95 % t interval of the mean of {n} {over}"
    return Source("repeats", low, high, words)


def _grid(grid: Intensity, years: YearRange | None) -> Source:
    if years is None:
        return Source("grid", None, None, f"not known: one figure ({grid.source})")
    low = min(1.0, years.least.g_per_kwh / grid.g_per_kwh)
    high = max(1.0, years.most.g_per_kwh / grid.g_per_kwh)
    return Source("grid", low, high, f"{years.in_words()}; hours of a year are not in it")


def _pue(pue: float) -> Source:
    return Source("PUE", 1.0, 1.0, f"{pue:g} as stated, taken for exact")


def _over(end: float, central: float) -> float | None:
    return end / central if central > 0 else None
