"""What each quirk does to quality, joules and the order of the models, from runs of an ablation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ecorec.analysis.configurations import Configuration, configurations
from ecorec.analysis.naming import benchmark_key
from ecorec.analysis.paper.ablation import LADDERS, Ladder
from ecorec.analysis.paper.beside import FEWEST_SEEDS
from ecorec.analysis.paper.curve import read_off
from ecorec.analysis.paper.quirks import Quirk, changed, turned
from ecorec.analysis.rows import in_order
from ecorec.analysis.statistics.energy_statistics import Ratio, ratio
from ecorec.analysis.statistics.statistics_of_means import mean_interval
from ecorec.study.store import StoredStudy


@dataclass(frozen=True)
class Effect:
    """One quirk on one model."""

    ladder: Ladder
    quirk: Quirk
    dataset: str
    model: str
    embedding_size: int
    epochs: int
    before: float
    """Test metric of the preset as it is, mean over seeds."""
    after: float
    """The same with the quirk turned."""
    low: float | None
    """Ends of the 95 % interval of the difference, by seed; `None` with fewer than three."""
    high: float | None
    n_seeds: int
    same_test: bool
    """Whether both were tested on the same items."""
    energy: Ratio | None
    """Joules after over joules before; `None` where they cannot be compared."""
    method: str
    """How the joules were obtained."""
    order_before: tuple[str, ...]
    """The models that were run, best first, under the preset."""
    order_after: tuple[str, ...]
    """The same with the quirk turned in every model that it concerns and that was run so."""


def effects(studies: Iterable[StoredStudy], metric: str = "ndcg@10") -> list[Effect]:
    """Return every effect that the runs show, ladder by ladder and quirk by quirk.

    Args:
        studies: An ablation's runs, in one study or in several.
        metric: Test metric.
    """
    items = [
        item
        for study in studies
        for item in configurations(in_order(read_off(study.records)), with_contaminated=True)
        if metric in item.first.metrics and item.first.epochs
    ]
    found: list[Effect] = []
    for ladder in LADDERS:
        of_ladder = [item for item in items if item.first.preset == ladder.preset]
        baselines = [item for item in of_ladder if not changed(item.first)]
        for quirk in ladder.quirks:
            with_it = [item for item in of_ladder if _is_turned(ladder, quirk, item)]
            for where in dict.fromkeys(map(_where, baselines)):
                before = {item.model: item for item in baselines if _where(item) == where}
                after = {item.model: item for item in with_it if _where(item) == where}
                found += _effects(ladder, quirk, before, after, metric)
    return found


def _is_turned(ladder: Ladder, quirk: Quirk, item: Configuration) -> bool:
    return (
        bool(changed(item.first))
        and item.model in quirk.models
        and turned(item.first, quirk, ladder.values(quirk, item.model))
    )


def _where(item: Configuration) -> tuple[str | int | None, ...]:
    """Return what must be equal for the quirk to be the only difference; it may be the split."""
    first = item.first
    return (
        first.data.fingerprint,
        first.settings.get("split_seed"),
        (first.settings.get("training") or {}).get("batch_size"),
        first.embedding_size,
        first.max_epochs,
        item.machine_id,
        first.threads,
    )


def _effects(
    ladder: Ladder,
    quirk: Quirk,
    before: dict[str, Configuration],
    after: dict[str, Configuration],
    metric: str,
) -> list[Effect]:
    shared = [model for model in before if model in after]
    mixed = before | {model: after[model] for model in shared}
    return [
        _effect(
            ladder,
            quirk,
            before[model],
            after[model],
            metric,
            _order([*before.values()], metric),
            _order([*mixed.values()], metric),
        )
        for model in shared
    ]


def _order(items: Sequence[Configuration], metric: str) -> tuple[str, ...]:
    ordered = sorted(items, key=lambda item: item.quality(metric), reverse=True)
    return tuple(item.model for item in ordered)


def _effect(
    ladder: Ladder,
    quirk: Quirk,
    before: Configuration,
    after: Configuration,
    metric: str,
    order_before: tuple[str, ...],
    order_after: tuple[str, ...],
) -> Effect:
    first = before.first
    one, other = _by_seed(before, metric), _by_seed(after, metric)
    seeds = [seed for seed in one if seed in other]
    differences = [other[seed] - one[seed] for seed in seeds]
    interval = mean_interval(differences, FEWEST_SEEDS)
    return Effect(
        ladder=ladder,
        quirk=quirk,
        dataset=first.data.name,
        model=before.model,
        embedding_size=first.embedding_size or 0,
        epochs=first.max_epochs or 0,
        before=before.quality(metric),
        after=after.quality(metric),
        low=None if interval is None else interval[0],
        high=None if interval is None else interval[1],
        n_seeds=len(seeds),
        same_test=benchmark_key(first) == benchmark_key(after.first),
        energy=ratio(after.measured_j, before.measured_j),
        method="+".join(first.total.methods)
        + (" !" if before.n_contaminated or after.n_contaminated else ""),
        order_before=order_before,
        order_after=order_after,
    )


def _by_seed(item: Configuration, metric: str) -> dict[int | None, float]:
    return {record.seed: record.metrics[metric] for record in item.records}
