"""Fixed quality: the cheapest configuration of two studies that reaches the same validation."""

from dataclasses import dataclass

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.decision.validation import selecting_metric, validation_of
from ecorec.analysis.elsewhere.comparable import why_not
from ecorec.analysis.energy_to_quality import ToQuality, energy_to_quality


@dataclass(frozen=True)
class AtQuality:
    """Each study's cheapest configuration that reaches the same value of the validation metric."""

    metric: str
    target: float
    first: ToQuality | None
    """`None` where no configuration reaches it with known joules."""
    second: ToQuality | None
    lacking: tuple[str, str]
    """Why either is `None`; empty where it is not."""
    refused: str
    """Why the two joules do not compare; empty where they do."""


def at_quality(
    ours: list[Configuration], theirs: list[Configuration], target: float | None
) -> AtQuality | None:
    """Return what a validation costs in two studies; `None` if they share no validation metric.

    Args:
        ours: Configurations of the first study, on one data set and split.
        theirs: Those of the second study, on the same.
        target: Value that both must reach; if not given, the lower of what the best
            configurations of both reach in every run.
    """
    metrics = [selecting_metric(members, "") for members in (ours, theirs)]
    if metrics[0] != metrics[1] or not metrics[0]:
        return None
    metric = metrics[0]
    best = [
        [value for item in members if (value := _in_every_run(item, metric)) is not None]
        for members in (ours, theirs)
    ]
    if not best[0] or not best[1]:
        return None
    at = min(max(best[0]), max(best[1])) if target is None else target
    first, second = (_cheapest(members, at, metric) for members in (ours, theirs))
    refused = ""
    if first and second:
        refused = why_not([*first.configuration.clean], [*second.configuration.clean])
    ways = ((first, ours), (second, theirs))
    lacking = tuple("" if way else _why_none(members) for way, members in ways)
    return AtQuality(metric, at, first, second, (lacking[0], lacking[1]), refused)


def _in_every_run(item: Configuration, metric: str) -> float | None:
    """Return the value that every seed reaches: the mean over seeds is missed by some of them."""
    values = [validation_of(record, metric) for record in item.records]
    known = [value for value in values if value is not None]
    return min(known) if known and len(known) == len(values) else None


def _why_none(members: list[Configuration]) -> str:
    if any(item.energy is not None for item in members):
        return "none that reaches it in every run"
    beside = all(not item.clean for item in members)
    return "none, for all ran beside other work" if beside else "none whose energy counts"


def _cheapest(members: list[Configuration], target: float, metric: str) -> ToQuality | None:
    clean = [item for item in members if item.clean]
    found = [way for way in energy_to_quality(clean, target, metric) if way.energy_j is not None]
    return min(found, key=lambda way: way.energy_j[1] if way.energy_j else 0.0, default=None)
