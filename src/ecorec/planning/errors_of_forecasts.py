"""How far forecasts are off, on a logarithmic scale, and the interval that follows from it.

What makes a forecast wrong multiplies it: neighbours on the machine share its caches and its
clock, and the same work takes 20 % more CPU time for seconds on end; a formula misses a part of
the work. So errors are those of logarithms. A run's error has a part of its own, one that it
shares with every run of its session, which does not average out over a study, and one that is
the larger the shorter the run or its sample is, because a moment is not the mean.

Few errors are far larger than most. How many standard deviations hold nine runs of ten is
therefore not taken from the normal distribution but counted on runs, as split conformal
prediction does (Lei et al., JASA 2018; the standard deviation scales the scores).
"""

from math import exp, log

from pydantic import NonNegativeFloat, PositiveFloat

from ecorec.config import Config

SHORT_EPOCH_S = 0.01

CONFIDENCE = 0.9
"""Stated coverage of a forecast's interval."""

NORMAL = 1.645
"""Standard deviations to either side that hold as much of a normal distribution."""


class ForecastError(Config):
    """Mean and standard deviations of the logarithm of what a run took over its forecast."""

    bias: float = 0.0
    """Its mean, which is put right."""
    own: NonNegativeFloat
    """Of a run, apart from what it shares with others."""
    shared: NonNegativeFloat
    """Of what all runs of a session share."""
    by_formula: NonNegativeFloat
    """Added where a formula extrapolates: for each factor e between sample and run."""
    short: NonNegativeFloat = 0.0
    """Added for a sample, and for a run, of one CPU second; falls with the root of its length."""
    epoch: NonNegativeFloat
    """Of one epoch about the run's mean epoch, where epochs are long."""
    short_epoch: NonNegativeFloat = 0.0
    """Added for one of 10 ms of CPU time; in inverse proportion to the root of its length."""
    first: float = 0.0
    """Logarithm of the first epoch over the run's mean epoch."""
    tail: PositiveFloat = NORMAL
    """Standard deviations to either side that hold `CONFIDENCE` of forecasts before the start."""
    tail_seen: PositiveFloat = NORMAL
    """The same of forecasts that epochs have mended."""

    def sd(self, reach: float = 1.0, per_s: float = 0.0) -> float:
        """Return the standard deviation of one run's forecast.

        Args:
            reach: Work of the run over that of the sample where a formula extrapolates, else 1.
            per_s: One over the CPU seconds that were sampled, and one over those of the run.
        """
        away = self.by_formula * abs(log(reach))
        short = self.short**2 * per_s
        return float((self.own**2 + self.shared**2 + away**2 + short) ** 0.5)

    def of_epochs(self, n: int, epoch_s: float) -> float:
        """Return the standard deviation of the mean of so many epochs about all of the run's.

        Args:
            n: Epochs.
            epoch_s: CPU seconds of one.
        """
        short = self.short_epoch**2 * SHORT_EPOCH_S / epoch_s if epoch_s > 0 else 0.0
        # The machine drifts from one epoch to the next as well as from one run to the next.
        return float(((self.epoch**2 + short) / n + (self.shared / 2) ** 2) ** 0.5)

    def factor(self, sd: float, *, seen: bool = False) -> float:
        """Return what a forecast is divided and multiplied by for the ends of its interval.

        Args:
            sd: Standard deviation of the logarithm.
            seen: Whether epochs of the run have mended it.
        """
        return exp((self.tail_seen if seen else self.tail) * sd)


USUAL = ForecastError(
    bias=0.08, own=0.06, shared=0.05, by_formula=0.12, short=0.06, epoch=0.05, short_epoch=0.09,
    tail_seen=2.0,
)  # fmt: skip
"""Before anything is known of the machine. After benchmarks/forecast.py, with `own`, `shared` and
`short` twice (1.4 times) what was measured: runs of one study err alike, and few studies are
behind it. `by_formula` is assumed."""
