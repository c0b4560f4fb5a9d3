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

SHORT_EPOCH_S = 0.01

CONFIDENCE = 0.9
"""Stated coverage of a forecast's interval."""


class ForecastError(Config):
    """Mean and standard deviations of the logarithm of what a run took over its forecast."""

    bias: float = 0.0
    """Its mean: what a run takes beyond its samples, whose caches are warmer. Is put right."""
    own: NonNegativeFloat
    """Of a run, apart from what it shares with others."""
    shared: NonNegativeFloat
    """Of what all runs of a session share."""
    by_formula: NonNegativeFloat
    """Added where a formula extrapolates: for each factor e between sample and run."""
    epoch: NonNegativeFloat
    """Of one epoch about the run's mean epoch, where epochs are long."""
    short_epoch: NonNegativeFloat = 0.0
    """Added for one of 10 ms of CPU time; in inverse proportion to the root of its length."""
    freedom: PositiveInt
    """Degrees of freedom behind them."""

    def sd(self, reach: float = 1.0) -> float:
        """Return the standard deviation of one run's forecast.

        Args:
            reach: Work of the run over that of the sample where a formula extrapolates, else 1.
        """
        away = self.by_formula * abs(log(reach))
        return float((self.own**2 + self.shared**2 + away**2) ** 0.5)

    def of_epochs(self, n: int, epoch_s: float) -> float:
        """Return the standard deviation of the mean of so many epochs about all of the run's.

        Args:
            n: Epochs.
            epoch_s: CPU seconds of one.
        """
        short = self.short_epoch**2 * SHORT_EPOCH_S / epoch_s if epoch_s > 0 else 0.0
        # The machine drifts from one epoch to the next as well as from one run to the next.
        return float(((self.epoch**2 + short) / n + (self.shared / 2) ** 2) ** 0.5)

    def factor(self, sd: float) -> float:
        """Return what a forecast is divided and multiplied by for the ends of its interval."""
        return exp(float(stats.t.ppf((1 + CONFIDENCE) / 2, self.freedom)) * sd)


USUAL = ForecastError(
    bias=0.05, own=0.1, shared=0.05, by_formula=0.12, epoch=0.05, short_epoch=0.11, freedom=20
)
"""Before anything is known of the machine: rounded from benchmarks/forecast.py; `by_formula` is
assumed."""
