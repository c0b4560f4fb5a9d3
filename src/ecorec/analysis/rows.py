"""Records as a table: one row a record, one column a number, each with its unit and meaning."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from ecorec.energy.emissions import Intensity, emissions_g
from ecorec.models.catalogue import MODELS
from ecorec.study.record import RunRecord

Value = Callable[[RunRecord], Any]


@dataclass(frozen=True)
class Column:
    """One column of the table of runs."""

    name: str
    unit: str
    """As written in the reference; empty for what has none."""
    meaning: str
    dtype: type[str] | type[int] | type[float] | type[bool]
    value: Value


def _phase_s(record: RunRecord, name: str) -> float:
    return sum(reading.duration_s for reading in record.phases if reading.name == name)


def _scope(record: RunRecord) -> str:
    return record.total.scope or "absent"


WHAT_RAN = (
    Column("dataset", "", "catalogue name or path of the data set", str, lambda r: r.data.name),
    Column("model", "", "name from `ecorec models`", str, lambda r: r.model),
    Column(
        "embedding_size",
        "numbers per user or item",
        "width of the embeddings; empty for models without any",
        int,
        lambda r: r.embedding_size,
    ),
    Column("n_layers", "", "propagation steps", int, lambda r: r.n_layers),
    Column("epochs", "", "epochs asked for; empty if training-free", int, lambda r: r.max_epochs),
    Column("seed", "", "seed of the model; empty if nothing is random", int, lambda r: r.seed),
    Column("repeat", "", "which measurement of the same run, from 1", int, lambda r: r.repeat),
    Column("preset", "", "named set of hyper-parameters", str, lambda r: r.preset),
    Column("split", "", "protocol of the split, in words", str, lambda r: r.split.protocol),
    Column("split_seed", "", "seed of the split", int, lambda r: r.split.seed),
    Column("parameters", "numbers", "size of the model", int, lambda r: r.n_parameters),
)

HOW_IT_WENT = (
    Column("n_eval_users", "users", "users with a test item", int, lambda r: r.n_eval_users),
    Column("best_epoch", "", "the epoch that was tested", int, lambda r: r.best_epoch),
    Column(
        "undertrained",
        "",
        "the best epoch is the last: more epochs may give more",
        bool,
        lambda r: r.undertrained,
    ),
    Column("duration_s", "s", "the whole run, by the clock", float, lambda r: r.total.duration_s),
    Column("cpu_s", "s", "CPU time of the process tree", float, lambda r: r.total.cpu_s),
    Column(
        "validate_s",
        "s",
        "the part of `duration_s` that went into validation",
        float,
        lambda r: _phase_s(r, "validate"),
    ),
    Column("energy_j", "J", "the whole run, central value", float, lambda r: r.total.energy_j),
    Column("energy_low_j", "J", "low end of the sensors' range", float, lambda r: r.total.low_j),
    Column("energy_high_j", "J", "high end of the sensors' range", float, lambda r: r.total.high_j),
    Column(
        "energy_method",
        "",
        "how the joules were obtained, joined by `+`",
        str,
        lambda r: "+".join(r.total.methods),
    ),
    Column("energy_scope", "", "whose joules: `process` or `machine`", str, _scope),
    Column("peak_memory_bytes", "B", "highest resident memory", int, lambda r: r.peak_memory_bytes),
)

CODECARBON = (
    Column(
        "codecarbon_energy_j",
        "J",
        "CodeCarbon's own reading of the whole run",
        float,
        lambda r: r.codecarbon.energy_j if r.codecarbon else None,
    ),
    Column(
        "codecarbon_emissions_g",
        "g CO2-eq",
        "CodeCarbon's own grams; empty without a stated country",
        float,
        lambda r: r.codecarbon.emissions_g if r.codecarbon else None,
    ),
)

WHERE_IT_RAN = (
    Column("attempts", "", "starts it took; the energy is of all", int, lambda r: r.attempts),
    Column("threads", "", "threads of the run", int, lambda r: r.threads),
    Column("device", "", "`cpu` or `cuda`", str, lambda r: r.device),
    Column("kernel", "", "propagation kernel; `none` without one", str, lambda r: r.kernel),
    Column("machine_id", "", "stable hash of the machine", str, lambda r: r.machine.machine_id),
    Column("run_id", "", "hash of all that changes quality", str, lambda r: r.run_id),
    Column(
        "measurement_id",
        "",
        "hash of the run and of all that changes its energy",
        str,
        lambda r: r.measurement_id,
    ),
    Column("created_at", "ISO 8601, UTC", "when it ended", str, lambda r: r.created_at),
    Column("command", "", "a command line that repeats the run", str, lambda r: r.command),
)

METRIC_MEANINGS = {
    "precision": "hits / K, mean over users",
    "recall": "hits / test items, mean over users",
    "ndcg": "normalised discounted cumulative gain, mean over users",
    "hit": "share of users with at least one hit",
    "mrr": "1 / rank of the first hit, mean over users",
    "map": "average precision over min(test items, K), mean over users",
    "coverage": "share of the catalogue in somebody's list",
    "gini": "inequality of the items' exposure, 0 equal to 1 one item only",
    "popularity": "training interactions of a listed item, on average",
    "recall_head": "recall on the most popular items",
    "recall_tail": "recall on the other items",
}
"""Metric name -> meaning; in the table each is followed by `@K`."""

EMISSIONS = ("emissions_g", "g CO2-eq", "joules x PUE x grid intensity; empty without a grid")


def rows(records: list[RunRecord], intensity: Intensity | None, pue: float) -> pl.DataFrame:
    """Return one row a record with every column of the reference, in the order of `in_order`.

    Args:
        records: Runs and further measurements of them.
        intensity: The grid's grams per kilowatt-hour; without one, grams are null.
        pue: Energy of the building over energy of the machine.
    """

    def grams(record: RunRecord) -> float | None:
        energy_j = record.total.energy_j
        return emissions_g(energy_j, intensity, pue) if intensity and energy_j is not None else None

    emissions = Column(*EMISSIONS, float, grams)
    columns = (
        *WHAT_RAN,
        *(_metric_column(name) for name in metric_names(records)),
        *HOW_IT_WENT,
        emissions,
        *CODECARBON,
        *WHERE_IT_RAN,
    )
    ordered = in_order(records)
    return pl.DataFrame(
        {column.name: [column.value(record) for record in ordered] for column in columns},
        schema={column.name: column.dtype for column in columns},
    )


def in_order(records: list[RunRecord]) -> list[RunRecord]:
    """Return records by what was run: in the catalogue's order of models, then by size and seed."""
    catalogue = [*MODELS]

    def key(record: RunRecord) -> tuple[str, int, str, int, int, int, int, int, str]:
        known = catalogue.index(record.model) if record.model in MODELS else len(catalogue)
        return (
            record.data.name,
            known,
            record.model,
            record.embedding_size or 0,
            record.n_layers or 0,
            record.max_epochs or 0,
            record.seed or 0,
            record.repeat,
            record.measurement_id,
        )

    return sorted(records, key=key)


def metric_names(records: list[RunRecord]) -> list[str]:
    """Return the test metrics of any record, by K and then as the reference orders them."""
    names = {name for record in records for name in record.metrics}
    return sorted(names, key=_place)


def _place(name: str) -> tuple[int, int, str]:
    kind, _, k = name.partition("@")
    kinds = [*METRIC_MEANINGS]
    return int(k) if k else 0, kinds.index(kind) if kind in kinds else len(kinds), name


def _metric_column(name: str) -> Column:
    meaning = METRIC_MEANINGS.get(name.partition("@")[0], "test metric")
    return Column(name, "", meaning, float, lambda record: record.metrics.get(name))
