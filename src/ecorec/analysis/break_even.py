"""After how many recommendations the system that is dearer to train has paid for itself.

With T joules once and e joules a recommendation, the dearer to train and the other one have
drawn the same after

    N* = (T_dearer - T_other) / (e_other - e_dearer)

recommendations, and never if the dearer is not cheaper to serve as well. How sure N* is has two
answers that are not mixed: the scatter of repeats (Fieller's set, from five measurements of each
amount on) and the error of the sensors. Watts that a model puts on a busy CPU are one factor for
both systems on one machine and cancel in N*; the range says what they leave, and `alike=False`
what they would leave if the two systems drew differently.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from ecorec.analysis.energy_statistics import FEWEST
from ecorec.analysis.fieller import Mean, RatioSet, fieller
from ecorec.serving.energy import PER
from ecorec.units import format_count, format_energy

Ends = tuple[float, float]


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
    """Of one training, evaluation included."""
    recommendation: Amount
    """Of one user's list."""


@dataclass(frozen=True)
class BreakEven:
    """Where two systems have drawn the same."""

    dearer: System
    """The one that is dearer to train."""
    other: System
    recommendations: float | None
    """N*; `None` if the dearer to train is no cheaper to serve: never."""
    interval: RatioSet | None
    """95 % set over repeats; `None` where an amount was measured fewer than five times."""
    if_alike: Ends
    """N* over the sensors' range if it is one factor for both systems; infinity means never."""
    if_not_alike: Ends
    """N* over the sensors' range if each amount is anywhere in its own."""

    @property
    def is_sure(self) -> bool | None:
        """Whether the repeats agree that there is a crossing, or that there is none."""
        if self.interval is None:
            return None
        if self.recommendations is None:
            return not self.interval.parts
        return not self.interval.reaches_infinity


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


def in_words(found: BreakEven) -> list[str]:
    """Return what was found as sentences: the crossing, repeats, sensors."""
    return [_crossing_in_words(found), _repeats_in_words(found), _sensors_in_words(found)]


def _crossing_in_words(found: BreakEven) -> str:
    dearer, other = found.dearer, found.other
    more = dearer.training.mean_j - other.training.mean_j
    less = PER * (other.recommendation.mean_j - dearer.recommendation.mean_j)
    methods = _methods(dearer.training, other.training)
    served = _methods(dearer.recommendation, other.recommendation)
    first = (
        f"{dearer.label} takes {format_energy(more)} more to train than {other.label} ({methods})"
    )
    if found.recommendations is None:
        beside = (
            f"{format_energy(-less)} more to serve {PER:,} recommendations" if less else
            f"as much to serve {PER:,} recommendations"
        )  # fmt: skip
        return f"{first} and {beside} ({served}): it never overtakes."
    return (
        f"{first} and {format_energy(less)} less to serve {PER:,} recommendations ({served}): it "
        f"overtakes after {format_count(found.recommendations)} recommendations."
    )


def _repeats_in_words(found: BreakEven) -> str:
    if found.interval is None:
        counts = {
            "training of " + s.label: len(s.training.values_j) for s in (found.dearer, found.other)
        } | {
            "serving of " + s.label: len(s.recommendation.values_j)
            for s in (found.dearer, found.other)
        }
        few = [f"{name} {n}" for name, n in counts.items() if n < FEWEST]
        return (
            f"Repeats: how sure that is cannot be told; measured fewer than {FEWEST} times: "
            f"{', '.join(few)}."
        )
    return f"Repeats: {set_in_words(found.interval)} (95 %, Fieller)."


def set_in_words(found: RatioSet) -> str:
    """Return e.g. `20 M to 33 M`, `20 M or more, or never`, `never`."""
    if not found.parts:
        return "never"
    texts = [_span(low, high) for low, high in found.parts]
    if found.parts == ((0.0, math.inf),):
        texts = ["anything from the first recommendation on"]
    beyond = ["or never"] if found.reaches_infinity else []
    return ", ".join([" or ".join(texts), *beyond])


def _span(low: float, high: float) -> str:
    if math.isinf(high):
        return "never" if math.isinf(low) else f"{format_count(low)} or more"
    return f"{format_count(low)} to {format_count(high)}"


def _sensors_in_words(found: BreakEven) -> str:
    alike = _range_in_words(found.if_alike)
    return (
        f"Sensors: {alike} over their range if both systems draw alike, "
        f"{_range_in_words(found.if_not_alike)} if they do not."
    )


def _range_in_words(ends: Ends) -> str:
    low, high = ends
    if math.isinf(low):
        return "never"
    if math.isinf(high) and low == 0:
        return "anything from the first recommendation to never"
    if math.isinf(high):
        return f"{format_count(low)} or more, or never"
    same = format_count(low) == format_count(high)
    return format_count(low) if same else f"{format_count(low)} to {format_count(high)}"


def _methods(*amounts: Amount) -> str:
    return "+".join(dict.fromkeys(amount.method for amount in amounts))


def amount_of(readings: Sequence[tuple[float, float, float]], method: str) -> Amount:
    """Return the amount of several measurements.

    Args:
        readings: Low, central and high joules of each.
        method: How they were obtained.
    """
    low, central, high = zip(*readings, strict=True)
    return Amount(tuple(central), fmean(low), fmean(high), method)
