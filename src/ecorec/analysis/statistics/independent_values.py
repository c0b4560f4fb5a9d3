"""Which measurements are independent of each other: seeds or, of a single seed, its repeats.

A repeat trains the same thing again, and scatters as the machine does. Another seed trains another
thing, which may stop at another epoch: what sets it apart is in each of its repeats. Taken for
independent, ten measurements of two seeds would give an interval far too narrow for a third seed.
So values are averaged over the repeats of a seed, and each seed counts once. Of a single seed, or a
model without randomness, each repeat counts; then what is told holds for that seed alone.
"""

from collections.abc import Iterable
from statistics import fmean
from typing import Any

SEEDS = "seeds"
REPEATS = "repeats"
"""Of a model without randomness."""
ONE_SEED = "repeats of one seed"


def by_seed(values: Iterable[tuple[Any, float]]) -> dict[Any, list[float]]:
    """Return the values of each seed.

    Args:
        values: (seed, value) of each measurement.
    """
    found: dict[Any, list[float]] = {}
    for seed, value in values:
        found.setdefault(seed, []).append(value)
    return found


def independent(values: Iterable[tuple[Any, float]]) -> list[float]:
    """Return the mean value of each seed; of a single seed, the value of each repeat.

    Args:
        values: (seed, value) of each measurement; seed `None` for a model without randomness.
    """
    found = by_seed(values)
    if len(found) == 1:
        return [value for repeats in found.values() for value in repeats]
    return [fmean(repeats) for repeats in found.values()]


def kind_of(seeds: Iterable[Any]) -> str:
    """Return what the independent values are: `SEEDS`, `REPEATS` or `ONE_SEED`.

    Args:
        seeds: Of each measurement.
    """
    found = {*seeds}
    if len(found) > 1:
        return SEEDS
    return REPEATS if found == {None} else ONE_SEED
