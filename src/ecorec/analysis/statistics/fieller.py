"""Confidence set of a ratio of two differences: Fieller's, which may be unbounded.

For a numerator with mean N and squared standard error u, and a denominator with D and v, both
normal and independent, the set of all ratios r that the data do not reject is

    (N - r D)^2  <=  t^2 (u + r^2 v)

(Fieller 1954, J. R. Stat. Soc. B 16). It is an interval where the denominator differs from zero
beyond its scatter; else it is unbounded, or two pieces: one ends at +infinity, the other starts at
-infinity. A ratio whose sign is not even known has no two finite ends; an interval that always has
two, as the delta method's does, covers the true ratio far less often than it says.

The degrees of freedom of t are Welch's and Satterthwaite's at the estimate.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ecorec.analysis.statistics.energy_statistics import CONFIDENCE

END = 1e-12
"""Relative size below which a coefficient is rounding, and taken for zero."""


@dataclass(frozen=True)
class Mean:
    """The mean of measurements, with its squared standard error."""

    value: float
    squared_error: float
    """Squared standard error of the mean."""
    freedom: float
    """Degrees of freedom of that error."""

    @classmethod
    def of(cls, values: Sequence[float]) -> "Mean":
        """Return the mean of at least two measurements."""
        numbers = np.asarray(values, dtype=np.float64)
        error = float(numbers.var(ddof=1) / numbers.size)
        return cls(float(numbers.mean()), error, numbers.size - 1.0)

    def __sub__(self, other: "Mean") -> "Mean":
        """Return the difference of two independent means."""
        error = self.squared_error + other.squared_error
        below = self.squared_error**2 / self.freedom + other.squared_error**2 / other.freedom
        freedom = error**2 / below if below > 0 else self.freedom + other.freedom
        return Mean(self.value - other.value, error, freedom)


@dataclass(frozen=True)
class RatioSet:
    """The ratios from zero up that are not rejected, and how the set ends."""

    parts: tuple[tuple[float, float], ...]
    """Ascending closed intervals of ratios from 0 to infinity; empty if none is above zero."""
    reaches_infinity: bool
    """Whether the set has no upper end: the denominator may be zero or of the other sign."""
    reaches_zero: bool
    """Whether the set includes zero: the numerator may be zero or of the other sign."""

    def __contains__(self, value: float) -> bool:
        """Return whether a ratio from zero up is in the set."""
        return any(low <= value <= high for low, high in self.parts)


def fieller(numerator: Mean, denominator: Mean) -> RatioSet:
    """Return the 95 % confidence set of numerator over denominator, without negative ratios."""
    t_squared = _t(numerator, denominator) ** 2
    n, u = numerator.value, t_squared * numerator.squared_error
    d, v = denominator.value, t_squared * denominator.squared_error
    # a r^2 - 2 b r + c <= 0
    a, b, c = d * d - v, n * d, n * n - u
    parts = _parts(a, b, c) if abs(a) > END * d * d else _linear(b, c)
    return RatioSet(
        parts, reaches_infinity=v > 0 and a <= END * d * d, reaches_zero=u > 0 and c <= 0
    )


def _linear(b: float, c: float) -> tuple[tuple[float, float], ...]:
    if b == 0:
        return ((0.0, math.inf),) if c <= 0 else ()
    edge = c / (2 * b)
    return _above_zero([(edge, math.inf)] if b > 0 else [(-math.inf, edge)])


def _parts(a: float, b: float, c: float) -> tuple[tuple[float, float], ...]:
    discriminant = b * b - a * c
    if discriminant <= 0:
        # Without a root, the parabola has the sign of `a` everywhere; with a > 0 there is a root.
        return ((0.0, math.inf),) if a < 0 else _above_zero([(b / a, b / a)])
    # Compute the root of larger magnitude first, which subtracts no two nearly equal numbers.
    far = b + math.copysign(math.sqrt(discriminant), b)
    low, high = sorted((far / a, c / far if far else 0.0))
    if a > 0:
        return _above_zero([(low, high)])
    return _above_zero([(-math.inf, low), (high, math.inf)])


def _above_zero(parts: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    return tuple((max(low, 0.0), high) for low, high in parts if high >= 0)


def _t(numerator: Mean, denominator: Mean) -> float:
    ratio = numerator.value / denominator.value if denominator.value else 0.0
    # If the ratio overflows, all of the variance is the denominator's.
    weights = (1.0, ratio * ratio) if math.isfinite(ratio) else (0.0, 1.0)
    parts = [
        (weight * mean.squared_error, mean.freedom)
        for weight, mean in zip(weights, (numerator, denominator), strict=True)
    ]
    variance = sum(error for error, _ in parts)
    below = sum(error**2 / freedom for error, freedom in parts)
    freedom = variance**2 / below if below > 0 else numerator.freedom + denominator.freedom
    return float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom))
