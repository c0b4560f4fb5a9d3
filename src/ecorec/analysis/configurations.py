"""Runs that differ in nothing but seed and repeat, taken together."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecorec.models.catalogue import find_model
from ecorec.study.record import RunRecord

PerUser = Callable[[str], pl.DataFrame]
"""Takes a run's id; returns the test metrics of each user, with a column `user`."""


@dataclass(frozen=True, eq=False)
class Configuration:
    """One model at one setting on one data set and one machine, over its seeds and repeats."""

    label: str
    """E.g. `simgcl d=64`."""
    records: tuple[RunRecord, ...]

    @property
    def first(self) -> RunRecord:
        """A record to read what all of them share."""
        return self.records[0]

    @property
    def model(self) -> str:
        """The model's name."""
        return self.first.model

    @cached_property
    def runs(self) -> tuple[RunRecord, ...]:
        """One record a seed: repeats measure energy again, not quality."""
        return tuple({record.run_id: record for record in reversed(self.records)}.values())

    def quality(self, metric: str) -> float:
        """Return a test metric's mean over seeds."""
        return float(np.mean([record.metrics[metric] for record in self.runs]))

    def quality_spread(self, metric: str) -> float | None:
        """Return the standard deviation over seeds; `None` with one seed."""
        values = [record.metrics[metric] for record in self.runs]
        return float(np.std(values, ddof=1)) if len(values) > 1 else None

    @property
    def energy_j(self) -> float | None:
        """Mean joules of a run, central value."""
        return _mean([record.total.energy_j for record in self.records])

    @property
    def low_j(self) -> float | None:
        """Mean of the lower ends of the sensors' ranges."""
        return _mean([record.total.low_j for record in self.records])

    @property
    def high_j(self) -> float | None:
        """Mean of the upper ends of the sensors' ranges."""
        return _mean([record.total.high_j for record in self.records])

    @property
    def method(self) -> str:
        """How the joules were obtained."""
        return "+".join(self.first.total.methods)

    def per_user(self, metric: str, read: PerUser) -> tuple[list[str], NDArray[np.float64]]:
        """Return user ids, sorted, and the metric of each seed, shape (seeds, users)."""
        frames = [read(record.run_id).sort("user") for record in self.runs]
        return frames[0]["user"].to_list(), np.stack([frame[metric].to_numpy() for frame in frames])


def _mean(values: list[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return float(np.mean(present)) if len(present) == len(values) else None


def configurations(records: Sequence[RunRecord]) -> list[Configuration]:
    """Group records; those of different machines, threads or kernels stay apart."""
    groups: dict[str, list[RunRecord]] = {}
    for record in records:
        groups.setdefault(_shared(record), []).append(record)
    labels = _labels([group[0] for group in groups.values()])
    found = [
        Configuration(label, tuple(group))
        for label, group in zip(labels, groups.values(), strict=True)
    ]
    return sorted(found, key=lambda c: (c.first.data.name, c.model, c.first.embedding_size or 0))


def _shared(record: RunRecord) -> str:
    settings = {key: value for key, value in record.settings.items() if key != "seed"}
    where = [record.machine.machine_id, record.threads, record.device, record.kernel]
    return json.dumps([settings, where, record.data.fingerprint], sort_keys=True, default=str)


def _labels(records: list[RunRecord]) -> list[str]:
    """Return short labels: the model, its size, and whatever else tells it from its siblings."""
    flat = [_flat(record) for record in records]
    differs: dict[str, set[str]] = {}
    for record in records:
        siblings = [
            values
            for other, values in zip(records, flat, strict=True)
            if other.model == record.model
        ]
        keys = {key for values in siblings for key in values}
        differs[record.model] = {
            key for key in keys if len({values.get(key) for values in siblings}) > 1
        }
    labels = []
    for record, values in zip(records, flat, strict=True):
        words = [record.model]
        if record.embedding_size is not None:
            words.append(f"d={record.embedding_size}")
        skip = {"model_settings.embedding_size"}
        for key in sorted(differs[record.model] - skip):
            words.append(f"{key.split('.')[-1]}={values.get(key)}")
        labels.append(" ".join(words))
    return labels


def _flat(record: RunRecord) -> dict[str, str]:
    values: dict[str, str] = {
        "machine": record.machine.machine_id,
        "threads": str(record.threads),
        "kernel": record.kernel,
    }
    for key, value in record.settings.items():
        if key in ("seed", "model", "topk"):
            continue
        if isinstance(value, dict):
            values |= {f"{key}.{inner}": str(item) for inner, item in value.items()}
        else:
            values[key] = str(value)
    return values


def is_baseline(configuration: Configuration) -> bool:
    """Return whether the model is training-free."""
    return find_model(configuration.model).kind == "training-free"
