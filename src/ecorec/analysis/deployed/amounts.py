"""Joules of one thing, measured once or several times; two of them make a system."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from ecorec.analysis.statistics.energy_statistics import FEWEST
from ecorec.analysis.statistics.fieller import Mean
from ecorec.analysis.statistics.independent_values import REPEATS


@dataclass(frozen=True)
class Amount:
    """Joules of one thing, measured once or several times."""

    values_j: tuple[float, ...]
    """Central joules of each independent measurement, at least one: of each seed, averaged over its
    repeats; of a single seed or of serving, of each repeat."""
    low_j: float
    """Low end of the sensors' range, on average over measurements."""
    high_j: float
    """High end of it."""
    method: str
    over: str = REPEATS
    """What those are: `seeds`, `repeats` or `repeats of one seed`."""

    @property
    def mean_j(self) -> float:
        """Central joules, on average."""
        return fmean(self.values_j)

    @property
    def mean(self) -> Mean | None:
        """The mean with its error; `None` for fewer than five measurements."""
        return Mean.of(self.values_j) if len(self.values_j) >= FEWEST else None

    @property
    def ends_j(self) -> tuple[float, float, float]:
        """Low, central and high joules."""
        return self.low_j, self.mean_j, self.high_j


@dataclass(frozen=True)
class System:
    """What a trained and served model draws."""

    label: str
    training: Amount
    """Joules of one training, evaluation included."""
    recommendation: Amount
    """Joules of one user's list."""


def methods_of(*amounts: Amount) -> str:
    """Return how the joules of some amounts were obtained; several methods are joined by `+`."""
    return "+".join(dict.fromkeys(amount.method for amount in amounts))


def amount_of(
    readings: Sequence[tuple[float, float, float]], method: str, over: str = REPEATS
) -> Amount:
    """Return the amount of several independent measurements.

    Args:
        readings: Low, central and high joules of each.
        method: How they were obtained.
        over: What they are.
    """
    low, central, high = zip(*readings, strict=True)
    return Amount(tuple(central), fmean(low), fmean(high), method, over)
