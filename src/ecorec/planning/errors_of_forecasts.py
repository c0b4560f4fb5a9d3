"""How far forecasts are off, on a logarithmic scale, and the interval that follows from it.

Errors of forecasts are factors: neighbours on the machine share its caches and its clock, so that
the same work takes 20 % more CPU time for seconds on end; a formula misses a part of the work. So
errors are differences of logarithms. The error of a run has three parts: one of its own; one that
it shares with every run of its session, which does not average out over a study; and one that grows
as the run or its sample gets shorter, because a moment is not the mean.

A few errors are far larger than the rest. How many standard deviations hold nine runs of ten is
therefore counted on runs rather than taken from the normal distribution: split conformal
prediction, with scores scaled by the standard deviation (Lei et al., JASA 2018).
"""

from math import exp, log

from pydantic import NonNegativeFloat, PositiveFloat

from ecorec.config import Config

SHORT_EPOCH_S = 0.01

CONFIDENCE = 0.9
"""Stated coverage of a forecast's interval."""

NORMAL = 1.645
"""Standard deviations to either side of the mean that hold `CONFIDENCE` of a normal
distribution."""


class ForecastError(Config):
    """Mean and standard deviations of log(actual / forecast)."""

    bias: float = 0.0
    """The mean; forecasts are corrected by it."""
    own: NonNegativeFloat
    """Standard deviation of the part that is a run's own."""
    shared: NonNegativeFloat
    """Standard deviation of the part that all runs of a session share."""
    by_formula: NonNegativeFloat
    """Standard deviation added for each factor of e by which a formula extrapolates from sample to
    run."""
    short: NonNegativeFloat = 0.0
    """Standard deviation added by a sample, and by a run, of one CPU second; of t seconds, it is
    divided by the root of t."""
    epoch: NonNegativeFloat
    """Standard deviation of one long epoch from the run's mean epoch."""
    short_epoch: NonNegativeFloat = 0.0
    """Standard deviation added for an epoch of 10 ms of CPU time; inversely proportional to the
    root of its length."""
    first: float = 0.0
    """log(first epoch / the run's mean epoch)."""
    tail: PositiveFloat = NORMAL
    """Standard deviations to either side that hold `CONFIDENCE` of the runs forecast before they
    start."""
    tail_seen: PositiveFloat = NORMAL
    """The same for forecasts that were refined by epochs of the run."""

    def sd(self, reach: float = 1.0, per_s: float = 0.0) -> float:
        """Return the standard deviation of one run's forecast.

        Args:
            reach: Work of the run over work of the sample, if a formula extrapolates; else 1.
            per_s: 1 / CPU seconds of the sample + 1 / CPU seconds of the run.
        """
        away = self.by_formula * abs(log(reach))
        short = self.short**2 * per_s
        return float((self.own**2 + self.shared**2 + away**2 + short) ** 0.5)

    def of_epochs(self, n: int, epoch_s: float) -> float:
        """Return the standard deviation of the mean of some epochs from the mean of all.

        Args:
            n: How many epochs.
            epoch_s: CPU seconds of one.
        """
        short = self.short_epoch**2 * SHORT_EPOCH_S / epoch_s if epoch_s > 0 else 0.0
        # The machine's speed drifts during a run as well as between runs.
        return float(((self.epoch**2 + short) / n + (self.shared / 2) ** 2) ** 0.5)

    def factor(self, sd: float, *, seen: bool = False) -> float:
        """Return the factor by which a forecast is divided and multiplied to get its interval.

        Args:
            sd: Standard deviation of the logarithm.
            seen: Whether the forecast was refined by epochs of the run.
        """
        return exp((self.tail_seen if seen else self.tail) * sd)


USUAL = ForecastError(
    bias=0.08, own=0.06, shared=0.05, by_formula=0.12, short=0.06, epoch=0.05, short_epoch=0.09,
    tail_seen=2.0,
)  # fmt: skip
"""Used where the machine's own errors are not known; values measured by benchmarks/forecast.py.
`own` and `short` are twice what was measured (0.031 for both), and `shared` 1.4 times (0.036),
because runs of one study err alike and few studies were measured. `by_formula` is assumed."""
