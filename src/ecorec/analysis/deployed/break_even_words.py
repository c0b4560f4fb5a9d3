"""The break-even of two systems as sentences: the crossing, repeats, sensors."""

import math

from ecorec.analysis.deployed.amounts import methods_of
from ecorec.analysis.deployed.break_even import BreakEven, Ends
from ecorec.analysis.statistics.energy_statistics import FEWEST
from ecorec.analysis.statistics.fieller import RatioSet
from ecorec.analysis.statistics.independent_values import ONE_SEED, SEEDS
from ecorec.serving.energy import PER
from ecorec.units import format_count, format_energy


def in_words(found: BreakEven) -> list[str]:
    """Return what was found as sentences: the crossing, repeats, sensors."""
    return [_crossing_in_words(found), _repeats_in_words(found), _sensors_in_words(found)]


def _crossing_in_words(found: BreakEven) -> str:
    dearer, other = found.dearer, found.other
    more = dearer.training.mean_j - other.training.mean_j
    less = PER * (other.recommendation.mean_j - dearer.recommendation.mean_j)
    methods = methods_of(dearer.training, other.training)
    served = methods_of(dearer.recommendation, other.recommendation)
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
        several = any(s.training.over == SEEDS for s in (found.dearer, found.other))
        again = " (repeats of one seed count once)" if several else ""
        return (
            f"Repeats: how sure that is cannot be told; measured fewer than {FEWEST} times{again}: "
            f"{', '.join(few)}."
        )
    alone = [s.label for s in (found.dearer, found.other) if s.training.over == ONE_SEED]
    of_one = f"; for one seed alone of {' and '.join(dict.fromkeys(alone))}" if alone else ""
    return f"Repeats: {set_in_words(found.interval)} (95 %, Fieller{of_one})."


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
