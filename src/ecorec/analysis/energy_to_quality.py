"""Joules to the first epoch that reaches a target quality: fixed quality in place of fixed work.

It counts the phases load, split, graph and init, training up to and including that epoch, and the
validations made by then; not the later epochs, the test or the checkpoint. A fit in closed form
reaches its quality at once, so all of it counts. A run that chose its epochs by another metric was
not validated in the target's, and has no joules to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.decision.validation import selecting_metric
from ecorec.analysis.run_energy import phases_of
from ecorec.analysis.statistics.energy_statistics import geometric_mean
from ecorec.planning.forecast import BEFORE
from ecorec.study.record import RunRecord


@dataclass(frozen=True)
class Reached:
    """What a target cost."""

    epoch: int | None
    """First validated epoch at or above the target; `None` for a fit in closed form."""
    energy_j: float
    low_j: float
    high_j: float
    method: str


@dataclass(frozen=True)
class ToQuality:
    """What a configuration took to reach a target, over the runs whose energy counts."""

    configuration: Configuration
    metric: str
    """The validation metric that the target is of."""
    n_runs: int
    reached: tuple[Reached, ...]
    """One entry for each run that reached the target and whose joules are known."""
    best: float | None
    """Best validation of any run in this metric; `None` without validation."""
    chosen_by: tuple[str, ...] = ()
    """Other metrics, by which runs chose their epochs."""

    @property
    def energy_j(self) -> tuple[float, float, float] | None:
        """Low, central and high joules, geometric means; `None` unless every run reached it."""
        if not self.reached or len(self.reached) < self.n_runs:
            return None
        ends = ([getattr(item, end) for item in self.reached]
                for end in ("low_j", "energy_j", "high_j"))  # fmt: skip
        low, central, high = map(geometric_mean, ends)
        return low, central, high


def first_reach(record: RunRecord, target: float, metric: str) -> Reached | None:
    """Return when a run first validated at the target or above, and its joules up to then.

    `None` as well for a run that chose its epochs by another metric.

    Args:
        record: A run.
        target: Value of the validation metric.
        metric: Name of that metric.
    """
    if not record.epochs:
        return _at_once(record, target, metric)
    if record.selection_metric != metric:
        return None
    at = next(
        (e.epoch for e in record.epochs if e.validation is not None and e.validation >= target),
        None,
    )
    phases = {phase.name: phase for phase in record.phases}
    if at is None or "train" not in phases or "validate" not in phases:
        return None
    trained = [epoch.train_j for epoch in record.epochs]
    if any(joules is None for joules in trained) or not sum(j or 0.0 for j in trained):
        return None
    until = sum(e.train_j or 0.0 for e in record.epochs if e.epoch <= at)
    validated = [epoch.epoch for epoch in record.epochs if epoch.validation is not None]
    shares = {name: 1.0 for name in BEFORE if name in phases}
    shares["train"] = until / sum(joules or 0.0 for joules in trained)
    shares["validate"] = sum(epoch <= at for epoch in validated) / len(validated)
    return _sum(record, shares, at)


def _at_once(record: RunRecord, target: float, metric: str) -> Reached | None:
    value = record.validation.get(metric)
    names = {phase.name for phase in record.phases}
    if value is None or value < target or not {"train", "validate"} <= names:
        return None
    return _sum(record, {name: 1.0 for name in (*BEFORE, "train", "validate") if name in names})


def _sum(record: RunRecord, shares: dict[str, float], at: int | None = None) -> Reached | None:
    """Add up the joules of phases, each multiplied by its share."""
    phases = {phase.name: phase for phase in phases_of(record)}
    sums = [
        _weighted([(getattr(phases[name], end), share) for name, share in shares.items()])
        for end in ("low_j", "energy_j", "high_j")
    ]
    low, central, high = sums
    if low is None or central is None or high is None:
        return None
    method = "+".join(dict.fromkeys(m for name in shares for m in phases[name].methods))
    return Reached(at, central, low, high, method)


def _weighted(parts: Sequence[tuple[float | None, float]]) -> float | None:
    if any(joules is None for joules, _ in parts):
        return None
    return sum((joules or 0.0) * share for joules, share in parts)


def energy_to_quality(
    configurations: Sequence[Configuration], target: float, metric: str | None = None
) -> list[ToQuality]:
    """Return what every configuration took to reach the target, in their order.

    Args:
        configurations: Of one data set and split.
        target: Value of the validation metric.
        metric: Its name; if not given, the one that the most runs chose their epoch by.
    """
    found, by = [], metric or selecting_metric(configurations, "ndcg@10")
    for item in configurations:
        records = item.clean or item.records
        # A way whose joules lack the GPU's is no way to compare.
        counted = () if item.without_gpu else records
        reached = [first_reach(record, target, by) for record in counted]
        alike = [record for record in records if record.selection_metric == by]
        values = [e.validation for r in alike for e in r.epochs if e.validation is not None]
        values += [r.validation[by] for r in records if by in r.validation]
        others = [r.selection_metric for r in records if r.epochs and r.selection_metric != by]
        found.append(
            ToQuality(
                configuration=item,
                metric=by,
                n_runs=len(records),
                reached=tuple(way for way in reached if way is not None),
                best=max(values, default=None),
                chosen_by=tuple(dict.fromkeys(others)),
            )
        )
    return found
