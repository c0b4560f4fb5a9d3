"""Joules of one thing, measured once or several times; two of them make a system."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from ecorec.analysis.statistics.energy_statistics import FEWEST
from ecorec.analysis.statistics.fieller import Mean


@dataclass(frozen=True)
class Amount:
    """Joules of one thing, measured once or several times."""

    values_j: tuple[float, ...]
    """Central joules of each measurement, at least one."""
    low_j: float
    """Low end of the sensors' range, on average over measurements."""
    high_j: float
    """High end of it."""
    method: str

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


def amount_of(readings: Sequence[tuple[float, float, float]], method: str) -> Amount:
    """Return the amount of several measurements.

    Args:
        readings: Low, central and high joules of each.
        method: How they were obtained.
    """
    low, central, high = zip(*readings, strict=True)
    return Amount(tuple(central), fmean(low), fmean(high), method)
