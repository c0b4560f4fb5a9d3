"""What successive halving left behind, in words: who, when, and what it took."""

from collections.abc import Sequence
from statistics import fmean

from ecorec.energy.arithmetic import add_readings
from ecorec.energy.reading import Reading
from ecorec.report.ranges import between
from ecorec.study.info import Dropped, StudyInfo
from ecorec.units import format_energy

MOST_LINES = 12


def halving_note(info: StudyInfo) -> list[str]:
    """Return a line on the energy of what was dropped, and one for each configuration of it."""
    if info.halving is None or not info.dropped:
        return []
    groups = _groups(info.dropped)
    lines = [
        f"Halving ({_one_in(info.halving)}): {_n(len(info.dropped))} dropped by validation and "
        f"never tested; {energy_of(info.dropped)}, in no run above:"
    ]
    lines += [f"  {_in_words(group, info.metric)}" for group in groups[:MOST_LINES]]
    if len(groups) > MOST_LINES:
        lines.append(f"  and {len(groups) - MOST_LINES} more: study.json has all")
    return lines


def halving_sentence(info: StudyInfo) -> str:
    """Return how the grid was searched, for the methods of the report; nothing if it was not."""
    if info.halving is None or not info.dropped:
        return ""
    after = sorted({item.epochs_done for item in info.dropped})
    return (
        f"The grid was searched by successive halving ({_one_in(info.halving)} after "
        f"{' and '.join(map(str, after))} epochs, by validation {info.metric}): "
        f"{_n(len(info.dropped))} dropped, {energy_of(info.dropped)}, in no run's energy; what "
        "was dropped early might have come first in the end."
    )


def energy_of(dropped: Sequence[Dropped]) -> str:
    """Return joules of trainings together, with range and method."""
    whole = add_readings("dropped", [item.energy for item in dropped])
    return _energy(whole)


def _energy(reading: Reading) -> str:
    if reading.energy_j is None:
        return "energy absent"
    joules = format_energy(reading.energy_j)
    span = between(reading.low_j or 0.0, reading.high_j or 0.0, format_energy)
    return f"{joules} ({span}) {'+'.join(reading.methods)}"


def _groups(dropped: Sequence[Dropped]) -> list[list[Dropped]]:
    """Return the seeds of each configuration together, those that came furthest first."""
    found: dict[tuple[str, str], list[Dropped]] = {}
    for item in dropped:
        found.setdefault((item.dataset, item.label), []).append(item)
    return sorted(
        found.values(),
        key=lambda group: (group[0].epochs_done, fmean(item.validation for item in group)),
        reverse=True,
    )


def _in_words(group: Sequence[Dropped], metric: str) -> str:
    first = group[0]
    seeds = f" ({len(group)} seeds)" if len(group) > 1 else ""
    return (
        f"{first.label}{seeds}: after {first.epochs_done} of {first.epochs} epochs, validation "
        f"{metric} {fmean(item.validation for item in group):.4f}, {energy_of(group)}"
    )


def _one_in(factor: int) -> str:
    return f"1 in {factor} goes on"


def _n(count: int) -> str:
    return f"{count} training{'s' if count > 1 else ''}"
