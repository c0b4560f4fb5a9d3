"""Intervals of a handful of numbers that scatter evenly: seeds of a quality."""

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from ecorec.analysis.statistics.energy_statistics import CONFIDENCE


def mean_interval(values: Sequence[float], fewest: int) -> tuple[float, float] | None:
    """Return the 95 % t interval of the mean; `None` for fewer values than `fewest`."""
    return _interval(values, fewest, further=0)


def further_run(values: Sequence[float], fewest: int) -> tuple[float, float] | None:
    """Return the 95 % t interval in which one further value lies; `None` for too few values."""
    return _interval(values, fewest, further=1)


def _interval(values: Sequence[float], fewest: int, further: int) -> tuple[float, float] | None:
    n = len(values)
    if n < fewest:
        return None
    quantile = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1))
    half = quantile * float(np.std(values, ddof=1)) * math.sqrt(further + 1 / n)
    mean = float(np.mean(values))
    return mean - half, mean + half
