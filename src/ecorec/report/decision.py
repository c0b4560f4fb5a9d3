"""A decision as three sentences that a colleague could say aloud."""

from pathlib import Path
from shlex import quote

from ecorec.analysis.decision.candidate import Candidate
from ecorec.analysis.decision.choose import Decision
from ecorec.analysis.words import give_or_take, listed, metric_title, quality, times
from ecorec.report.ranges import between
from ecorec.units import format_energy

MOST_NAMES = 3
"""Labels that a sentence lists before it counts."""


def sentences(found: Decision, folder: Path) -> tuple[str, str, str]:
    """Return what to deploy and why, what test says of it, and how sure that is.

    Args:
        found: The decision.
        folder: The study's, for commands to type.
    """
    return _what(found), _tested(found), _how_sure(found, folder)


def _what(found: Decision) -> str:
    chosen, n = found.chosen, len(found.eligible)
    words = found.constraint.in_words(found.metric)
    cost = f"{_energy(chosen)}"
    if found.by_use and found.use and chosen.in_use_j:
        low, central, high = chosen.in_use_j
        span = between(low, high, format_energy)
        cost = (
            f"{format_energy(central)} ({span}) {_methods(chosen)} for a "
            f"training and {found.use.days:g} days of {found.use.requests_per_day:,.0f} "
            "recommendations"
        )
    deploy = f"Deploy {chosen.label} (run {chosen.run_id}): "
    value = f"validation {metric_title(found.metric)} {quality(chosen.validation)}"
    if n == 1:
        return f"{deploy}it is the only configuration {words} ({value}, {cost})."
    if found.constraint.seeks_quality:
        return f"{deploy}the best on validation of the {n} {words} ({value}, {cost})."
    dearest = max(found.eligible, key=lambda item: _cost(item, found))
    ratio = _cost(dearest, found) / _cost(chosen, found) if _cost(chosen, found) > 0 else 1.0
    saving = f", {times(ratio)} of the dearest of them" if ratio >= 1.05 else ""
    return f"{deploy}the cheapest of the {n} {words} ({value}, {cost}{saving})."


def _tested(found: Decision) -> str:
    chosen, title = found.chosen, metric_title(found.test_metric)
    text = f"On test it has {title} {give_or_take(chosen.test, chosen.test_half)}"
    if found.best_label == chosen.label:
        text += ", the best on validation as well"
    else:
        against = f" with {quality(found.best.test)}" if found.best else ""
        told = "can" if found.told_from_best else "cannot"
        text += f", which {told} be told from the best on validation, {found.best_label}{against}"
    if found.equal_quality:
        text += f"; {_names(found.equal_quality)} cannot be told from it in quality"
    if found.equal_energy:
        text += f"; {_names(found.equal_energy)} cannot be told from it in energy"
    return f"{text}."


def _how_sure(found: Decision, folder: Path) -> str:
    parts = [f"{found.n_users:,} test user{'' if found.n_users == 1 else 's'}"]
    if not found.seed_noise_known:
        parts.append("noise between seeds is not known")
    chosen, cap = found.chosen, found.constraint.max_energy_j
    parts.append(_limit(found))
    if cap is not None and chosen.energy.high > cap:
        high = f"{format_energy(chosen.energy.high)} {chosen.energy.method}"
        parts.append(f"at high watts it would take {high}, more than the cap")
    if not found.constraint.seeks_quality:
        parts.append(_watts(found))
    if found.no_energy:
        parts.append(f"{_some(found.no_energy)} left out: energy not comparable")
    if found.not_validated:
        parts.append(f"{_some(found.not_validated)} left out: not validated, run them again")
    parts.append(_serving(found, folder))
    return f"How sure: {'; '.join(part for part in parts if part)}."


def _limit(found: Decision) -> str:
    """Return whether noise might put the chosen one's validation below what was asked for."""
    floor, doubt = found.floor, found.doubt
    if floor is None:
        return ""
    if doubt is None:
        return f"whether noise hides that it is below the limit of {quality(floor)} is not known"
    if found.chosen.validation - floor >= doubt:
        return ""
    return (
        f"its validation is nearer to the limit of {quality(floor)} than it is sure "
        f"(±{quality(doubt)})"
    )


def _watts(found: Decision) -> str:
    """Return whether the cheapest stays the cheapest at either end of the readings."""
    if len(found.eligible) < 2:
        return ""

    def first(end: int) -> str:
        return min(found.eligible, key=lambda item: _ends(item, found)[end]).label

    changed = {
        name: first(end)
        for name, end in (("low", 0), ("high", 2))
        if first(end) != found.chosen.label
    }
    if not changed:
        return "the cheapest under low and high watts too"
    other = " and ".join(f"{label} under {name} watts" for name, label in changed.items())
    return f"the cheapest would be {other}"


def _serving(found: Decision, folder: Path) -> str:
    missing = found.without_serving
    commands = [_measure(item, found, folder) for item in missing[:MOST_NAMES]]
    if found.use is None:
        if not missing:
            return "joules of serving are known and count with --requests-per-day"
        return f"serving is not in it (measure it: {commands[0]})"
    if found.by_use:
        return f"serving is in it, as measured under load: {found.served_as}"
    never = tuple(item for item in missing if not item.measured)
    otherwise = tuple(item for item in missing if item.measured)
    why = [f"{_names(never)} never ran under load"] if never else []
    if otherwise and found.way:
        were = "was" if len(otherwise) == 1 else "were"
        why.append(f"{_names(otherwise)} {were} not measured {found.way.in_words()}")
    more = f", … {len(missing)} in all" if len(missing) > MOST_NAMES else ""
    return (
        f"serving is not in it, because {' and '.join(why)} (measure: {', '.join(commands)}{more})"
    )


def _measure(item: Candidate, found: Decision, folder: Path) -> str:
    """Return the command that measures a run as the others were."""
    options = found.way.options(item.measured) if found.way else ""
    return f"ecorec stress {quote(str(folder))}/runs/{item.run_id}{options}"


def _cost(item: Candidate, found: Decision) -> float:
    return _ends(item, found)[1]


def _ends(item: Candidate, found: Decision) -> tuple[float, float, float]:
    if found.by_use and item.in_use_j:
        return item.in_use_j
    return item.energy.low, item.energy.central, item.energy.high


def _energy(item: Candidate) -> str:
    energy = item.energy
    span = between(energy.low, energy.high, format_energy)
    return f"{format_energy(energy.central)} ({span}) {energy.method}"


def _methods(item: Candidate) -> str:
    names = [item.energy.method, *([item.serving.each.method] if item.serving else [])]
    return "+".join(dict.fromkeys(names))


def _names(items: tuple[Candidate, ...]) -> str:
    return _some(tuple(item.label for item in items))


def _some(labels: tuple[str, ...]) -> str:
    if len(labels) <= MOST_NAMES + 1:
        return listed([*labels])
    return f"{', '.join(labels[:MOST_NAMES])} and {len(labels) - MOST_NAMES} others"
