"""How sure the joules of repeated runs are: intervals of logarithms, ratios of pairs.

Disturbances multiply the energy of a run rather than add to it, so that the logarithm of joules
scatters evenly. An interval needs five independent values (`independent_values`): seeds or, of a
single seed, repeats. With fewer, only their spread is given.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float64
from numpy import ndarray
from scipy import stats

from ecorec.analysis.statistics.independent_values import by_seed, independent, kind_of

FEWEST = 5
"""Independent values below which there is no interval."""

CONFIDENCE = 0.95

Measured = Mapping[tuple[Any, int], float]
"""(seed, repeat) -> joules."""


@dataclass(frozen=True)
class Ratio:
    """How many times the joules of one configuration are those of another."""

    value: float
    """Ratio of geometric means; of the pairs only, where runs are paired."""
    low: float | None
    """Lower end of the 95 % interval; `None` with fewer than five independent values."""
    high: float | None
    """Upper end of it."""
    p: float | None
    """Two-sided p-value of the hypothesis that the ratio is one, not corrected for other pairs."""
    n: int
    """Number of independent values: of pairs or, if unpaired, of the configuration with fewer."""
    paired: bool
    """Whether runs of the same seed and repeat were compared with each other."""
    over: str
    """What the independent values are, e.g. `seeds` or `repeats of one seed`."""


def geometric_mean(values: Sequence[float]) -> float:
    """Return the geometric mean; zero if any value is."""
    first = values[0]
    if min(values) <= 0:
        return 0.0
    # Relative to the first value, so that the mean of equal values is exactly that value.
    return float(first * np.exp(np.mean([np.log(value / first) for value in values])))


def mean_of_seeds(values: Iterable[tuple[Any, float]]) -> float:
    """Return the geometric mean over seeds of that over repeats; zero if any value is.

    Args:
        values: (seed, value) of each measurement.
    """
    return geometric_mean([geometric_mean(repeats) for repeats in by_seed(values).values()])


def log_interval(values: Iterable[tuple[Any, float]]) -> tuple[float, float] | None:
    """Return the 95 % t interval of `mean_of_seeds`; `None` for fewer than five seeds.

    Of a single seed, it is that of its repeats, from five on.

    Args:
        values: (seed, value) of each measurement.
    """
    known = [*values]
    if not known or min(value for _, value in known) <= 0:
        return None
    logs = np.array(independent((seed, np.log(value)) for seed, value in known))
    if logs.size < FEWEST:
        return None
    half = _t(logs.size - 1) * logs.std(ddof=1) / np.sqrt(logs.size)
    return float(np.exp(logs.mean() - half)), float(np.exp(logs.mean() + half))


def ratio(numerator: Measured, denominator: Measured, *, side_by_side: bool = True) -> Ratio | None:
    """Return the ratio of two configurations' joules, or `None` where there is none.

    Runs of the same seed and repeat were made close to each other in time, so that what drifts
    in the machine cancels in their ratio. Without five seeds of such pairs (if there is one seed in
    all, five pairs) the two are compared as independent samples (Welch's test on logarithms).

    Args:
        numerator: Joules of one configuration.
        denominator: Joules of the other.
        side_by_side: Whether runs of the same seed and repeat were made close to each other.
    """
    if not numerator or not denominator or min(*numerator.values(), *denominator.values()) <= 0:
        return None
    shared = [key for key in numerator if side_by_side and key in denominator]
    seeds = {seed for seed, _ in shared}
    single = len({seed for seed, _ in (*numerator, *denominator)}) == 1
    enough = len(shared if single else seeds) >= FEWEST
    if enough or len(shared) == len(numerator) == len(denominator):
        logs = np.array(
            independent((key[0], np.log(numerator[key] / denominator[key])) for key in shared)
        )
        error = _squared_error(logs)
        over = kind_of(seeds)
        return _of(logs.mean(), error, logs.size - 1, logs.size, paired=True, over=over)
    samples = (numerator, denominator)
    a, b = (
        np.array(independent((seed, np.log(joules)) for (seed, _), joules in values.items()))
        for values in samples
    )
    kinds = dict.fromkeys(kind_of(seed for seed, _ in values) for values in samples)
    errors = np.array([_squared_error(a), _squared_error(b)])
    fewest = min(a.size, b.size)
    below = (errors**2 / np.array([max(a.size - 1, 1), max(b.size - 1, 1)])).sum()
    freedom = errors.sum() ** 2 / below if below > 0 else fewest - 1
    over = " and ".join(kinds)
    return _of(a.mean() - b.mean(), errors.sum(), freedom, fewest, paired=False, over=over)


def _squared_error(logs: Float64[ndarray, " values"]) -> float:
    """Return the squared standard error of a mean; 0 for a single value, which has none."""
    return float(logs.var(ddof=1) / logs.size) if logs.size > 1 else 0.0


def _of(
    mean: float, squared_error: float, freedom: float | int, n: int, *, paired: bool, over: str
) -> Ratio:
    value = float(np.exp(mean))
    if n < FEWEST:
        return Ratio(value, None, None, None, n, paired, over)
    error = float(np.sqrt(squared_error))
    half = _t(freedom) * error
    t = abs(mean) / error if error > 0 else np.inf if mean else 0.0
    p = float(2 * stats.t.sf(t, freedom))
    low, high = float(np.exp(mean - half)), float(np.exp(mean + half))
    return Ratio(value, low, high, p, n, paired, over)


def _t(freedom: float | int) -> float:
    return float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom))


def holm(p: Float64[ndarray, " pairs"]) -> Float64[ndarray, " pairs"]:
    """Return p-values corrected for their number (Holm 1979, step-down)."""
    order = np.argsort(p, kind="stable")
    scaled = p[order] * np.arange(p.size, 0, -1)
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(scaled))
    return corrected


@dataclass(frozen=True)
class EnergyComparison:
    """All configurations of one data set and machine, compared in joules."""

    ratios: dict[tuple[int, int], Ratio]
    """(i, j), i < j -> joules of i over joules of j."""
    p: dict[tuple[int, int], float]
    """(i, j), i < j -> p-value, corrected for the number of pairs; only pairs with an interval."""

    def ratio(self, i: int, j: int) -> Ratio | None:
        """Return joules of i over joules of j."""
        if i <= j:
            return self.ratios.get((i, j))
        found = self.ratios.get((j, i))
        if found is None:
            return None
        low = None if found.high is None else 1 / found.high
        high = None if found.low is None else 1 / found.low
        return replace(found, value=1 / found.value, low=low, high=high)

    def told_apart(self, i: int, j: int) -> bool | None:
        """Return whether the joules differ beyond their scatter; `None` if it is not known."""
        p = self.p.get((min(i, j), max(i, j)))
        return None if p is None else p < 1 - CONFIDENCE


def compare_energies(measured: Sequence[Measured]) -> EnergyComparison:
    """Compare every pair of configurations; Holm's correction is over all of them."""
    pairs = [(i, j) for i in range(len(measured)) for j in range(i + 1, len(measured))]
    found = {(i, j): ratio(measured[i], measured[j]) for i, j in pairs}
    ratios = {pair: item for pair, item in found.items() if item is not None}
    tested = {pair: item.p for pair, item in ratios.items() if item.p is not None}
    corrected = holm(np.array([*tested.values()], dtype=np.float64))
    return EnergyComparison(ratios, dict(zip(tested, corrected.tolist(), strict=True)))
