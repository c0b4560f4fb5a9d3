"""After how many recommendations the system that is dearer to train has paid for itself.

With T joules once and e joules a recommendation, the dearer to train and the other one have
drawn the same after

    N* = (T_dearer - T_other) / (e_other - e_dearer)

recommendations, and never if the dearer is not cheaper to serve as well. N* has two uncertainties,
which are kept apart: the scatter of repeats (Fieller's set, from five independent measurements of
each amount on) and the error of the sensors. The watts that a model assumes of a busy CPU are off
by the same factor for both systems on one machine, and mostly cancel in N*: that is the range
`if_alike`. The range `if_not_alike` is wider, as the two systems may then draw differently.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from ecorec.analysis.deployed.amounts import System
from ecorec.analysis.statistics.fieller import RatioSet, fieller

Ends = tuple[float, float]


@dataclass(frozen=True)
class BreakEven:
    """Where two systems have drawn the same."""

    dearer: System
    """The one that is dearer to train."""
    other: System
    recommendations: float | None
    """N*; `None` if the dearer to train is no cheaper to serve: never."""
    interval: RatioSet | None
    """95 % set; `None` where an amount has fewer than five seeds or, of a single one, repeats."""
    if_alike: Ends
    """N* if the sensors are off in the same way for both systems; infinity means never."""
    if_not_alike: Ends
    """N* if each amount may be anywhere in its own range."""


def break_even(a: System, b: System) -> BreakEven:
    """Return where two systems have drawn the same; the order of the two does not matter."""
    dearer, other = (a, b) if a.training.mean_j >= b.training.mean_j else (b, a)
    means = [
        amount.mean
        for amount in (dearer.training, other.training, other.recommendation, dearer.recommendation)
    ]
    known = [mean for mean in means if mean is not None]
    interval = None
    if len(known) == len(means):
        interval = fieller(known[0] - known[1], known[2] - known[3])
    alike = [
        _crossing(t_d, t_o, e_d, e_o)
        for t_d, t_o, e_d, e_o in zip(*(_ends(dearer, other)), strict=True)
    ]
    each = [_crossing(*corner) for corner in itertools.product(*_ends(dearer, other))]
    central = alike[1]
    return BreakEven(
        dearer=dearer,
        other=other,
        recommendations=None if math.isinf(central) else central,
        interval=interval,
        if_alike=(min(alike), max(alike)),
        if_not_alike=(min(each), max(each)),
    )


def _ends(dearer: System, other: System) -> list[tuple[float, float, float]]:
    return [
        dearer.training.ends_j,
        other.training.ends_j,
        dearer.recommendation.ends_j,
        other.recommendation.ends_j,
    ]


def _crossing(t_dearer: float, t_other: float, e_dearer: float, e_other: float) -> float:
    """Return N*; 0 where the dearer is cheaper from the start, infinity for never."""
    more, less = t_dearer - t_other, e_other - e_dearer
    if less <= 0:
        return 0.0 if more < 0 and less == 0 else math.inf
    return max(0.0, more / less)


def cheapest_by_number(systems: Sequence[System]) -> list[tuple[float, System]]:
    """Return which system has drawn least from which number of recommendations on, ascending.

    Central joules: the lower envelope of the lines T + e x n.
    """
    now, n = min(systems, key=lambda s: (s.training.mean_j, s.recommendation.mean_j)), 0.0
    found = [(n, now)]
    while True:
        later = [
            ((s.training.mean_j - now.training.mean_j)
             / (now.recommendation.mean_j - s.recommendation.mean_j), s)
            for s in systems
            if s.recommendation.mean_j < now.recommendation.mean_j
        ]  # fmt: skip
        if not later:
            return found
        # Of several that cross at once, the one that is cheaper from there on.
        n, now = min(later, key=lambda pair: (pair[0], pair[1].recommendation.mean_j))
        found.append((n, now))
