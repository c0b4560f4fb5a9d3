"""How many times fewer joules one configuration takes than another, and how sure that is."""

from dataclasses import dataclass
from math import sqrt

from ecorec.analysis.run_energy import Energy
from ecorec.analysis.statistics.energy_statistics import Ratio


@dataclass(frozen=True)
class Saving:
    """How many times fewer joules one configuration takes than another."""

    ratio: float
    ratio_low: float
    """With the low ends of both ranges: the same low watts are assumed for both."""
    ratio_high: float
    beyond_range: bool
    """Whether even the high end of the one lies below the low end of the other."""
    beyond_spread: bool | None
    """Whether it is larger than the scatter of measurements explains; `None` if not known."""
    interval: tuple[float, float] | None = None
    """95 % interval of the ratio; `None` with fewer than five independent values."""
    over: str = ""
    """What these are, e.g. `seeds` or `repeats of one seed`."""

    @property
    def holds(self) -> bool:
        """Whether it is a saving under low, central and high watts."""
        return min(self.ratio, self.ratio_low, self.ratio_high) > 1


def saving_of(
    cheap: Energy, dear: Energy, told_apart: bool | None, ratio: Ratio | None
) -> Saving | None:
    """Return how many times fewer joules `cheap` takes; `None` if it takes none at all.

    Args:
        cheap: Joules of the one that takes fewer.
        dear: Joules of the other.
        told_apart: Whether seeds or repeats tell the two apart; `None` if there are too few.
        ratio: Joules of `dear` over those of `cheap`, with its interval.
    """
    if min(cheap.low_j, cheap.mean_j) <= 0:
        return None
    return Saving(
        ratio=dear.mean_j / cheap.mean_j,
        ratio_low=dear.low_j / cheap.low_j,
        ratio_high=dear.high_j / cheap.high_j,
        beyond_range=cheap.high_j < dear.low_j,
        beyond_spread=_beyond_spread(cheap, dear) if told_apart is None else told_apart,
        interval=_interval(ratio),
        over="" if ratio is None else ratio.over,
    )


def _interval(found: Ratio | None) -> tuple[float, float] | None:
    if found is None or found.low is None or found.high is None:
        return None
    return found.low, found.high


def _beyond_spread(cheap: Energy, dear: Energy) -> bool | None:
    """Return whether joules differ by more than twice the error that the known spread gives."""
    pair = (cheap, dear)
    known = [e.relative_spread for e in pair if e.relative_spread is not None]
    if not known:
        return None
    # A single value is taken to scatter as much as the other configuration's do.
    error_j = sqrt(
        sum(
            (e.mean_j * (max(known) if e.relative_spread is None else e.relative_spread)) ** 2
            / e.n_independent
            for e in pair
        )
    )
    return dear.mean_j - cheap.mean_j > 2 * error_j
