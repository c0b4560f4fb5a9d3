"""Factors that may move energy and quality, and the rows that they are estimated from.

A row is a configuration on one machine, averaged over seeds and repeats. Rows that differ in
nothing but factors form a group. For quality, configurations that differ only in what they were
measured under (threads, device, kernel) are the same models, and one row.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

import numpy as np
from jaxtyping import Float64
from numpy import ndarray

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.naming import measured_under
from ecorec.analysis.run_energy import phases_of
from ecorec.analysis.statistics.energy_statistics import geometric_mean

Value = Callable[[Configuration], float | int | None]

NAMED = {
    "model_settings": ("embedding_size", "n_layers"),
    "training": ("epochs",),
    "reduction": ("share",),
}
"""Settings that are factors; rows that differ in any other setting are in different groups."""


@dataclass(frozen=True)
class Factor:
    """Something that may move energy and quality."""

    name: str
    of: Value
    """Its value for a configuration, above zero; `None` if the configuration has none."""
    flag: str
    """How a study varies it, to complete the sentence `vary ...`."""
    energy_only: bool = False
    """Whether it changes what a model draws, and not the model."""

    @property
    def more(self) -> str:
        """What to do where its levels are too few."""
        example = self.flag.partition(": ")[2]
        return f"add more, e.g. {example}" if example else f"vary {self.flag} more"


def _epochs(item: Configuration) -> float | None:
    trained = [len(record.epochs) for record in item.records]
    return fmean(trained) if min(trained) else None


def _share(item: Configuration) -> float | None:
    return float((item.first.settings.get("reduction") or {}).get("share", 1.0))


def _work(of: str) -> Value:
    def value(item: Configuration) -> float | None:
        cost = item.first.cost
        return None if cost is None else getattr(cost, of) * (_epochs(item) or 1.0) or None

    return value


FACTORS = (
    Factor("embedding size", lambda item: item.embedding_size, "it: --embedding-sizes 32,64,128"),
    Factor("layers", lambda item: item.first.n_layers or None, "it: --layers 1,2,3"),
    Factor("epochs", _epochs, "it: --epochs 10,20,40"),
    Factor("training data", _share, "it: --train-shares 0.25,0.5,1"),
    Factor("threads", lambda item: item.first.threads, "it: --threads 1,2", energy_only=True),
)  # fmt: skip

WORK = (
    Factor("multiply-adds", _work("multiply_adds_per_epoch"), "a factor"),
    Factor("bytes moved", _work("bytes_per_epoch"), "a factor"),
)


@dataclass(frozen=True)
class Response:
    """What factors move."""

    name: str
    of: Value
    logarithmic: bool
    """Whether effects are exponents (of its logarithm); otherwise gains per doubling of a
    factor."""
    of_models: bool
    """Whether it is the models' own, under whatever threads, device or kernel they ran."""

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The factors that may move it."""
        return tuple(f for f in FACTORS if not (self.of_models and f.energy_only))


def _training_j(item: Configuration) -> float | None:
    parts = [p for record in item.compared for p in phases_of(record) if p.name == "train"]
    known = [phase.energy_j for phase in parts if phase.energy_j]
    return geometric_mean(known) if known and len(known) == len(item.compared) else None


def responses(metric: str) -> tuple[Response, ...]:
    """Return energy of a run, energy of its training, and quality."""
    return (
        Response("run", lambda item: item.energy.mean_j if item.energy else None, True, False),
        Response("training", _training_j, True, False),
        Response(metric, lambda item: item.quality(metric), False, True),
    )


@dataclass(frozen=True, eq=False)
class Observations:
    """Rows of a fit: what is known of configurations that have the response."""

    rows: tuple[Configuration, ...]
    groups: tuple[str, ...]
    """Each row's group."""
    response: Float64[ndarray, " n"]

    def where(self, keep: Callable[[Configuration], bool]) -> "Observations":
        """Return the rows for which `keep` is true."""
        kept = [i for i, item in enumerate(self.rows) if keep(item)]
        return Observations(
            tuple(self.rows[i] for i in kept),
            tuple(self.groups[i] for i in kept),
            self.response[kept],
        )

    def levels(self, factor: Factor) -> list[float]:
        """Return the values that a factor takes, ascending."""
        return sorted({float(value) for item in self.rows if (value := factor.of(item))})

    def varies(self, factor: Factor) -> bool:
        """Return whether a factor has two levels within some group."""
        by_group: dict[str, set[float]] = {}
        for item, group in zip(self.rows, self.groups, strict=True):
            if value := factor.of(item):
                by_group.setdefault(group, set()).add(value)
        return any(len(values) > 1 for values in by_group.values())


def observe(members: Sequence[Configuration], response: Response) -> Observations:
    """Return the configurations that have a value of the response, as rows."""
    each = _models(members) if response.of_models else members
    known = [(item, response.of(item)) for item in each]
    rows = [(item, value) for item, value in known if value is not None and _positive(value)]
    several = len({_by(item) for item, _ in rows} - {None}) > 1
    values = np.array([value for _, value in rows], dtype=np.float64)
    return Observations(
        rows=tuple(item for item, _ in rows),
        groups=tuple(_group(item, several, response) for item, _ in rows),
        response=np.log(values) if response.logarithmic else values,
    )


def _models(members: Sequence[Configuration]) -> list[Configuration]:
    """Return each model once, with the records of all that it was measured under."""
    same: dict[str, list[Configuration]] = {}
    for item in members:
        same.setdefault(item.quality_key, []).append(item)
    return [
        replace(items[0], records=tuple(record for item in items for record in item.records))
        for items in same.values()
    ]


def _positive(value: float) -> bool:
    return value > 0


def _by(item: Configuration) -> str | None:
    return (item.first.settings.get("reduction") or {}).get("by")


def _group(item: Configuration, several: bool, response: Response) -> str:
    """Return the model with every setting that is not a factor and that may move the response."""
    record = item.first
    settings: dict[str, Any] = {k: v for k, v in record.settings.items() if k != "seed"}
    for name, factors in NAMED.items():
        part = settings.pop(name, None) or {}
        settings[name] = {k: v for k, v in part.items() if k not in factors}
    if not several:
        settings.pop("reduction")
    under = {} if response.of_models else measured_under(record) | {"threads": ""}
    return json.dumps([record.model, settings, under], sort_keys=True)
