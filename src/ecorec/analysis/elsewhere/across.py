"""Studies of several machines or dates side by side: fixed work, fixed quality, and refusals.

Fixed work: runs of the same model, settings, data and split; only where and when they ran differs.
Fixed quality: each study's cheapest configuration that reaches the same value of the validation
metric. Joules are compared where both are of the same scope and were obtained by the same method;
otherwise the result says why not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ecorec.analysis.configurations import Configuration, by_benchmark, configurations
from ecorec.analysis.elsewhere.at_quality import AtQuality, at_quality
from ecorec.analysis.elsewhere.comparable import differences, differing_conditions, why_not
from ecorec.analysis.rows import in_order
from ecorec.analysis.statistics.energy_statistics import Ratio, geometric_mean, ratio
from ecorec.errors import InputError
from ecorec.study.record import RunRecord
from ecorec.study.store import StoredStudy


@dataclass(frozen=True)
class Pair:
    """One piece of work, done in both studies."""

    label: str
    first: Configuration
    second: Configuration
    differs: tuple[str, ...]
    """What else is not the same, in words, e.g. `threads 2 and 4`."""
    energy: Ratio | None
    """Joules of the second over those of the first; `None` where they are not comparable."""
    refused: str
    """Why there is no ratio of joules; empty where there is."""
    watts: tuple[float, float] | None
    """Lowest and highest ratio if each machine's watts may be anywhere in their range; `None`
    without a ratio, and on one machine, whose watts are the same for both."""
    seconds: float | None
    """Ratio of seconds by the clock; `None` where either ran beside other work."""


@dataclass(frozen=True)
class SharedBenchmark:
    """Data and split that both studies have."""

    title: str
    pairs: tuple[Pair, ...]
    alone: tuple[tuple[str, str], ...]
    """(label, reason) of what only one study has."""
    quality: AtQuality | None
    """`None` where either has no validation."""


@dataclass(frozen=True)
class Across:
    """Two studies compared with each other."""

    benchmarks: tuple[SharedBenchmark, ...]
    unshared: tuple[str, ...]
    """Data and splits that only one study has, in words."""


def across(
    first: StoredStudy,
    second: StoredStudy,
    target: float | None = None,
    *,
    with_contaminated: bool = False,
) -> Across:
    """Return what of two studies can be compared.

    Args:
        first: The study in the denominator of every ratio.
        second: The study in the numerator.
        target: Value of the validation metric that both must reach; if not given, the lower of the
            two studies' best.
        with_contaminated: Whether energy that was read beside other work is compared too.

    Raises:
        InputError: They have no data and split in common.
    """
    ours, theirs = (_benchmarks(study, with_contaminated) for study in (first, second))
    shared = [key for key in ours if key in theirs]
    names = ("the first", "the second")
    unshared = tuple(
        f"{_in_words(group[0].first)}: only in {name} study"
        for name, found, other in ((names[0], ours, theirs), (names[1], theirs, ours))
        for key, group in found.items()
        if key not in other
    )
    if not shared:
        message = f"{first.path} and {second.path} have no data and split in common"
        raise InputError(message, hint="; ".join(unshared))
    return Across(tuple(_shared(ours[key], theirs[key], target) for key in shared), unshared)


def _benchmarks(study: StoredStudy, with_contaminated: bool) -> dict[str, list[Configuration]]:
    found = configurations(
        in_order(study.records),
        study.info.idle,
        with_contaminated=with_contaminated,
        varied=study.info.varied,
    )
    return by_benchmark(found)


def _in_words(record: RunRecord) -> str:
    data = record.data
    filters = f"; {'; '.join(data.filters)}" if data.filters else ""
    return (
        f"{data.name} ({data.n_interactions:,} interactions, hash {data.fingerprint[:6]}{filters}; "
        f"{record.split.protocol}, split seed {record.split.seed})"
    )


def _shared(
    ours: list[Configuration], theirs: list[Configuration], target: float | None
) -> SharedBenchmark:
    pairs, alone = [], []
    for item in ours:
        same = [other for other in theirs if other.quality_key == item.quality_key]
        pairs += [_pair(item, other) for other in same]
        if not same:
            alone.append((item.label, _why_alone(item, theirs, "first")))
    known = {item.quality_key for item in ours}
    alone += [
        (item.label, _why_alone(item, ours, "second"))
        for item in theirs
        if item.quality_key not in known
    ]
    title = ours[0].first.data.name
    return SharedBenchmark(title, tuple(pairs), tuple(alone), at_quality(ours, theirs, target))


def _why_alone(item: Configuration, others: Sequence[Configuration], which: str) -> str:
    """Return how a configuration differs from the most similar one of the other study."""
    peers = [
        other
        for other in others
        if (other.model, other.embedding_size) == (item.model, item.embedding_size)
    ]
    if not peers:
        return f"only in the {which} study"
    nearest = min((differences(item.first, other.first) for other in peers), key=len)
    return f"only in the {which} study with {', '.join(nearest)}"


def _pair(first: Configuration, second: Configuration) -> Pair:
    refused = why_not([*first.clean], [*second.clean])
    # Runs of two studies were not made side by side: no run of one has a partner in the other.
    found = None if refused else ratio(second.measured_j, first.measured_j, side_by_side=False)
    return Pair(
        label=first.label,
        first=first,
        second=second,
        differs=tuple(differing_conditions(first, second)),
        energy=found,
        refused=refused or ("" if found else "a reading of zero has no ratio"),
        watts=_watts(first, second) if found else None,
        seconds=_seconds(first, second),
    )


def _watts(first: Configuration, second: Configuration) -> tuple[float, float] | None:
    a, b = first.energy, second.energy
    if first.machine_id == second.machine_id or a is None or b is None or a.low_j <= 0:
        return None
    return b.low_j / a.high_j, b.high_j / a.low_j


def _seconds(first: Configuration, second: Configuration) -> float | None:
    if not first.clean or not second.clean:
        return None
    before, after = (
        geometric_mean([record.total.duration_s for record in item.clean])
        for item in (first, second)
    )
    return after / before if before > 0 else None
