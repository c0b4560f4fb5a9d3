"""How far forecasts are off, on a logarithmic scale, and the interval that follows from it.

What makes a forecast wrong multiplies it: other programs share the caches, the processor changes
its clock, a formula misses a part of the work. So errors are those of logarithms. A run's error
has a part of its own and one that it shares with every run of its session, which does not
average out over a study.
"""

from math import exp, log

from pydantic import NonNegativeFloat, PositiveInt
from scipy import stats

from ecorec.config import Config

CONFIDENCE = 0.9
"""Stated coverage of a forecast's interval."""


class ForecastError(Config):
    """Standard deviations of the logarithm of what a run took over what was forecast."""

    own: NonNegativeFloat
    """Of a run, apart from what it shares with others."""
    shared: NonNegativeFloat
    """Of what all runs of a session share."""
    by_formula: NonNegativeFloat
    """Added where a formula extrapolates: for each factor e between sample and run."""
    epoch: NonNegativeFloat
    """Of one epoch about the run's mean epoch."""
    freedom: PositiveInt
    """Degrees of freedom behind the four."""

    def sd(self, reach: float = 1.0) -> float:
        """Return the standard deviation of one run's forecast.

        Args:
            reach: Work of the run over that of the sample where a formula extrapolates, else 1.
        """
        away = self.by_formula * abs(log(reach))
        return float((self.own**2 + self.shared**2 + away**2) ** 0.5)

    def factor(self, sd: float) -> float:
        """Return what a forecast is divided and multiplied by for the ends of its interval."""
        return exp(float(stats.t.ppf((1 + CONFIDENCE) / 2, self.freedom)) * sd)


USUAL = ForecastError(own=0.07, shared=0.05, by_formula=0.12, epoch=0.08, freedom=20)
"""Before anything is known of the machine: rounded from benchmarks/forecast.py."""
