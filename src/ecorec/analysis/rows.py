"""Records as a table: one row a record, one column a number, each with its unit and meaning."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from ecorec.energy.emissions import Intensity, emissions_g
from ecorec.study.record import RunRecord

Value = Callable[[RunRecord], Any]


@dataclass(frozen=True)
class Column:
    """One column of the table of runs."""

    name: str
    unit: str
    """As written in the reference; empty for what has none."""
    meaning: str
    dtype: type[pl.DataType]
    value: Value


def _phase_s(record: RunRecord, name: str) -> float:
    return sum(reading.duration_s for reading in record.phases if reading.name == name)


def _scope(record: RunRecord) -> str:
    present = [item.scope for item in record.total.components if item.energy_j is not None]
    return "+".join(dict.fromkeys(present)) or "absent"


def _asked(record: RunRecord) -> Column:
    raise NotImplementedError


WHAT_RAN = (
    Column(
        "dataset", "", "catalogue name or path of the data set", pl.String, lambda r: r.data.name
    ),
    Column("model", "", "name from `ecorec models`", pl.String, lambda r: r.model),
    Column(
        "embedding_size",
        "numbers per user or item",
        "width of the embeddings; empty for models without any",
        pl.Int64,
        lambda r: r.embedding_size,
    ),
    Column("n_layers", "", "propagation steps", pl.Int64, lambda r: r.n_layers),
    Column(
        "epochs", "", "epochs asked for; empty if training-free", pl.Int64, lambda r: r.max_epochs
    ),
    Column("seed", "", "seed of the model; empty if nothing is random", pl.Int64, lambda r: r.seed),
    Column("repeat", "", "which measurement of the same run, from 1", pl.Int64, lambda r: r.repeat),
    Column("preset", "", "named set of hyper-parameters", pl.String, lambda r: r.preset),
    Column("split", "", "protocol of the split, in words", pl.String, lambda r: r.split.protocol),
    Column("split_seed", "", "seed of the split", pl.Int64, lambda r: r.split.seed),
    Column("parameters", "numbers", "size of the model", pl.Int64, lambda r: r.n_parameters),
)

HOW_IT_WENT = (
    Column("n_eval_users", "users", "users with a test item", pl.Int64, lambda r: r.n_eval_users),
    Column("best_epoch", "", "the epoch that was tested", pl.Int64, lambda r: r.best_epoch),
    Column(
        "undertrained",
        "",
        "the best epoch is the last: more epochs may give more",
        pl.Boolean,
        lambda r: r.undertrained,
    ),
    Column(
        "duration_s", "s", "the whole run, by the clock", pl.Float64, lambda r: r.total.duration_s
    ),
    Column("cpu_s", "s", "CPU time of the process tree", pl.Float64, lambda r: r.total.cpu_s),
    Column(
        "validate_s",
        "s",
        "the part of `duration_s` that went into validation",
        pl.Float64,
        lambda r: _phase_s(r, "validate"),
    ),
    Column("energy_j", "J", "the whole run, central value", pl.Float64, lambda r: r.total.energy_j),
    Column(
        "energy_low_j", "J", "low end of the sensors' range", pl.Float64, lambda r: r.total.low_j
    ),
    Column(
        "energy_high_j", "J", "high end of the sensors' range", pl.Float64, lambda r: r.total.high_j
    ),
    Column(
        "energy_method",
        "",
        "how the joules were obtained, joined by `+`",
        pl.String,
        lambda r: "+".join(r.total.methods),
    ),
    Column("energy_scope", "", "whose joules: `process` or `machine`", pl.String, _scope),
    Column(
        "peak_memory_bytes", "B", "highest resident memory", pl.Int64, lambda r: r.peak_memory_bytes
    ),
)

CODECARBON = (
    Column(
        "codecarbon_energy_j",
        "J",
        "CodeCarbon's own reading of the whole run",
        pl.Float64,
        lambda r: r.codecarbon.energy_j if r.codecarbon else None,
    ),
    Column(
        "codecarbon_emissions_g",
        "g CO2-eq",
        "CodeCarbon's own grams; empty without a stated country",
        pl.Float64,
        lambda r: r.codecarbon.emissions_g if r.codecarbon else None,
    ),
)

WHERE_IT_RAN = (
    Column("attempts", "", "starts it took; the energy is of all", pl.Int64, lambda r: r.attempts),
    Column("threads", "", "threads of the run", pl.Int64, lambda r: r.threads),
    Column("device", "", "`cpu` or `cuda`", pl.String, lambda r: r.device),
    Column("kernel", "", "propagation kernel; `none` without one", pl.String, lambda r: r.kernel),
    Column(
        "machine_id", "", "stable hash of the machine", pl.String, lambda r: r.machine.machine_id
    ),
    Column("run_id", "", "hash of all that changes quality", pl.String, lambda r: r.run_id),
    Column(
        "measurement_id",
        "",
        "hash of the run and of all that changes its energy",
        pl.String,
        lambda r: r.measurement_id,
    ),
    Column("created_at", "ISO 8601, UTC", "when it ended", pl.String, lambda r: r.created_at),
    Column("command", "", "a command line that repeats the run", pl.String, lambda r: r.command),
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
    "mean_popularity": "training interactions of a listed item, on average",
    "head_recall": "recall on the most popular items",
    "tail_recall": "recall on the other items",
}
"""Metric name -> meaning; in the table each is followed by `@K`."""

EMISSIONS = ("emissions_g", "g CO2-eq", "joules x PUE x grid intensity; empty without a grid")


def rows(records: list[RunRecord], intensity: Intensity | None, pue: float) -> pl.DataFrame:
    """Return one row a record with every column of the reference.

    Args:
        records: Runs and further measurements of them, in any order.
        intensity: The grid's grams per kilowatt-hour; without one, grams are null.
        pue: Energy of the building over energy of the machine.
    """

    def grams(record: RunRecord) -> float | None:
        energy_j = record.total.energy_j
        return emissions_g(energy_j, intensity, pue) if intensity and energy_j is not None else None

    emissions = Column(*EMISSIONS, pl.Float64, grams)
    columns = (
        *WHAT_RAN,
        *(_metric_column(name) for name in metric_names(records)),
        *HOW_IT_WENT,
        emissions,
        *CODECARBON,
        *WHERE_IT_RAN,
    )
    return pl.DataFrame(
        {column.name: [column.value(record) for record in records] for column in columns},
        schema={column.name: column.dtype for column in columns},
    )


def metric_names(records: list[RunRecord]) -> list[str]:
    """Return the test metrics of any record, by K and then as the records order them."""
    names = dict.fromkeys(name for record in records for name in record.metrics)
    return sorted(names, key=lambda name: int(name.rpartition("@")[2] or 0))


def _metric_column(name: str) -> Column:
    meaning = METRIC_MEANINGS.get(name.rpartition("@")[0], "test metric")
    return Column(name, "", meaning, pl.Float64, lambda record: record.metrics.get(name))
