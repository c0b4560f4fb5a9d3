"""Runs that differ in nothing but seed and repeat, taken together as one configuration."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ecorec.analysis.idle import split_idle
from ecorec.analysis.naming import benchmark_key, energy_key, labels, measured_under, quality_key
from ecorec.analysis.run_energy import Energy, by_seed_and_repeat, energy_of
from ecorec.analysis.statistics.energy_statistics import mean_of_seeds
from ecorec.energy.idle import IdleBaseline
from ecorec.models.catalogue import MODELS
from ecorec.study.record import RunRecord


@dataclass(frozen=True, eq=False)
class Configuration:
    """All measurements, on one machine, of runs that differ in seed and repeat only."""

    label: str
    """Short name, unique in its study, e.g. `lightgcn d=64`."""
    quality_key: str
    """Equal for configurations that compute the same thing on other threads or another machine."""
    records: tuple[RunRecord, ...]
    idle: tuple[IdleBaseline, ...] = ()
    """The idle machine, as the study measured it."""
    with_contaminated: bool = False
    """Whether runs beside other work count in the energy."""
    without_gpu: bool = False
    """Whether its joules are without those of its GPU, while others beside it ran on a CPU."""

    @property
    def first(self) -> RunRecord:
        """One of the records, to read what all of them share."""
        return self.records[0]

    @property
    def model(self) -> str:
        """Name of the model."""
        return self.first.model

    @property
    def embedding_size(self) -> int | None:
        """Width of the embeddings."""
        return self.first.embedding_size

    @property
    def max_epochs(self) -> int:
        """Epochs that were asked for; 0 for a fit in closed form."""
        return self.first.max_epochs or 0

    @property
    def machine_id(self) -> str:
        """The machine on which all of it was measured."""
        return self.first.machine.machine_id

    @property
    def is_training_free(self) -> bool:
        """Whether it is fitted in closed form: the baselines."""
        return self.first.max_epochs is None

    @cached_property
    def run_ids(self) -> tuple[str, ...]:
        """One id per seed."""
        return tuple(dict.fromkeys(record.run_id for record in self.records))

    @property
    def n_seeds(self) -> int:
        """Seeds, or 1 for a model without randomness."""
        return len(self.run_ids)

    @property
    def is_random(self) -> bool:
        """Whether another seed would give other quality."""
        return self.first.seed is not None

    def tested_in(self, metric: str) -> bool:
        """Return whether every run has this test metric: a study may hold several `--topk`."""
        return all(metric in record.metrics for record in self.records)

    def per_seed(self, metric: str) -> list[float]:
        """Return the test metric of each seed."""
        by_run = {record.run_id: record.metrics[metric] for record in self.records}
        return list(by_run.values())

    def quality(self, metric: str) -> float:
        """Return the test metric, averaged over seeds."""
        return float(np.mean(self.per_seed(metric)))

    def quality_spread(self, metric: str) -> float | None:
        """Return the standard deviation between seeds; `None` for a single seed."""
        values = self.per_seed(metric)
        return float(np.std(values, ddof=1)) if len(values) > 1 else None

    @cached_property
    def clean(self) -> tuple[RunRecord, ...]:
        """The records that ran alone, or all with `with_contaminated`."""
        if self.with_contaminated:
            return self.records
        return tuple(record for record in self.records if not record.contaminated)

    @property
    def compared(self) -> tuple[RunRecord, ...]:
        """The records whose energy counts: the clean ones, unless it is a part of the energy."""
        return () if self.without_gpu else self.clean

    @property
    def n_contaminated(self) -> int:
        """Measurements beside other work."""
        return sum(record.contaminated for record in self.records)

    @cached_property
    def energy(self) -> Energy | None:
        """Joules of one run; `None` where a measurement has none, or where none counts."""
        return energy_of(self.compared)

    @cached_property
    def energy_beside_others(self) -> Energy | None:
        """Joules of all measurements, the contaminated included: to show, not to compare."""
        return energy_of(self.records)

    @cached_property
    def measured_j(self) -> dict[tuple[int | None, int], float]:
        """(seed, repeat) -> joules of each measurement that counts."""
        measured = by_seed_and_repeat(self.compared)
        return {key: r.total.energy_j for key, r in measured.items() if r.total.energy_j}

    @cached_property
    def dynamic_j(self) -> float | None:
        """Joules beyond the idle machine's, geometric mean.

        `None` where idle is not known, or where a run cannot be told from it.
        """
        splits = [split_idle(record, self.idle) for record in self.compared]
        known = [
            (record.seed, split.dynamic_j)
            for record, split in zip(self.compared, splits, strict=True)
            if split and split.dynamic_j is not None
        ]
        return mean_of_seeds(known) if known and len(known) == len(splits) else None


def configurations(
    records: list[RunRecord],
    idle: Sequence[IdleBaseline] = (),
    *,
    with_contaminated: bool = False,
    varied: Mapping[str, Sequence[str]] | None = None,
) -> list[Configuration]:
    """Group records into configurations, in order of first appearance.

    Energies are never averaged over machines, threads, devices or kernels: each has a
    configuration of its own, whose `quality_key` is shared. Where joules lack the GPU's, those of
    a GPU do not count beside those of a CPU: a part of the energy would pass for the cheapest.

    Args:
        records: Of one study.
        idle: The idle machine, as the study measured it.
        with_contaminated: Whether runs beside other work count in the energy.
        varied: Settings that the study varied, as it says itself: labels name them.
    """
    groups: dict[tuple[str, ...], list[RunRecord]] = defaultdict(list)
    for record in records:
        groups[quality_key(record), *measured_under(record).values()].append(record)
    names = labels([members[0] for members in groups.values()], varied)
    devices: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in records:
        devices[energy_key(record)].add(record.device.partition(":")[0])
    return [
        Configuration(
            label=label,
            quality_key=key[0],
            records=tuple(members),
            idle=tuple(idle),
            with_contaminated=with_contaminated,
            without_gpu=len(devices[energy_key(members[0])]) > 1
            and any(r.lacks_gpu for r in members),
        )
        for label, (key, members) in zip(names, groups.items(), strict=True)
    ]


def by_benchmark(found: Sequence[Configuration]) -> dict[str, list[Configuration]]:
    """Return the configurations of each data set and split by its key, as they first appeared."""
    groups: dict[str, list[Configuration]] = {}
    for item in found:
        groups.setdefault(benchmark_key(item.first), []).append(item)
    return groups


def title(model: str) -> str:
    """Return a model's name as papers write it."""
    return MODELS[model].title if model in MODELS else model
