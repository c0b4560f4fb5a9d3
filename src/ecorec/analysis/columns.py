"""What a table of runs has: each column with its unit, its meaning and how it was obtained."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
    method: str = ""
    """Column that says how the number was obtained; every energy and mass has one."""


def _phase_s(record: RunRecord, name: str) -> float:
    return sum((reading.duration_s for reading in record.phases if reading.name == name), 0.0)


def energy_method(record: RunRecord) -> str:
    """Return e.g. `counter`, or `counter 93 %+assumed 7 %`."""
    shares = record.total.shares
    if len(shares) < 2:
        return "+".join(record.total.methods)
    return "+".join(f"{method} {share:.0%}".replace("%", " %") for method, share in shares.items())


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
    Column(
        "train_share",
        "share",
        "of the training interactions that were trained on",
        float,
        lambda r: (r.settings.get("reduction") or {}).get("share", 1.0),
    ),
    Column(
        "train_share_by",
        "",
        "which ones: `random` or `recent`; empty where all were used",
        str,
        lambda r: (r.settings.get("reduction") or {}).get("by"),
    ),
    Column("seed", "", "seed of the model; empty if nothing is random", int, lambda r: r.seed),
    Column("repeat", "", "which measurement of the same run, from 1", int, lambda r: r.repeat),
    Column("preset", "", "named set of hyper-parameters", str, lambda r: r.preset),
    Column("split", "", "protocol of the split, in words", str, lambda r: r.split.protocol),
    Column("split_seed", "", "seed of the split", int, lambda r: r.split.seed),
    Column("parameters", "numbers", "size of the model", int, lambda r: r.n_parameters),
)

HOW_IT_WENT = (
    Column("n_eval_users", "users", "users with a test item", int, lambda r: r.n_eval_users),
    Column("epochs_trained", "epochs", "how many it took", int, lambda r: len(r.epochs) or None),
    Column("best_epoch", "", "the epoch that was tested", int, lambda r: r.best_epoch),
    Column(
        "undertrained",
        "",
        "the best epoch is the last: more epochs may give more",
        bool,
        lambda r: r.undertrained,
    ),
    Column(
        "ended_by",
        "",
        "what ended the training before its last epoch: patience, or gain per joule",
        str,
        lambda r: r.ended_by,
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
    Column(
        "energy_j",
        "J",
        "the whole run, central value",
        float,
        lambda r: r.total.energy_j,
        "energy_method",
    ),
    Column(
        "energy_low_j",
        "J",
        "low end of the sensors' range",
        float,
        lambda r: r.total.low_j,
        "energy_method",
    ),
    Column(
        "energy_high_j",
        "J",
        "high end of the sensors' range",
        float,
        lambda r: r.total.high_j,
        "energy_method",
    ),
    Column(
        "energy_method",
        "",
        "how the joules were obtained, with the share of each where there are several",
        str,
        lambda r: energy_method(r),
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
        "codecarbon_method",
    ),
    Column(
        "codecarbon_emissions_g",
        "g CO2-eq",
        "CodeCarbon's own grams; empty without a stated country",
        float,
        lambda r: r.codecarbon.emissions_g if r.codecarbon else None,
        "codecarbon_method",
    ),
    Column(
        "codecarbon_method",
        "",
        "how CodeCarbon says that it obtained the CPU's power",
        str,
        lambda r: r.codecarbon.method if r.codecarbon else None,
    ),
    Column(
        "codecarbon_startup_s",
        "s",
        "start and stop of CodeCarbon, in no phase",
        float,
        lambda r: r.codecarbon.startup_s if r.codecarbon else None,
    ),
)

HOW_SURE = (
    Column(
        "contaminated",
        "",
        "other work on the machine: left out of comparisons",
        bool,
        lambda r: r.contaminated,
    ),
    Column(
        "foreign_share",
        "share",
        "of the machine's CPU time that other processes had",
        float,
        lambda r: r.isolation.foreign_share if r.isolation else None,
    ),
    Column("metering_s", "s", "part that reading sensors took", float, lambda r: r.metering_s),
    Column(
        "unbooked_s",
        "s",
        "part of `duration_s` in no phase",
        float,
        lambda r: r.unbooked.duration_s,
    ),
)

COMPLEXITY = (
    Column(
        "multiply_adds_per_epoch",
        "multiply-adds per epoch",
        "of a training epoch, or of a fit in closed form",
        float,
        lambda r: r.cost.multiply_adds_per_epoch if r.cost else None,
        "cost_method",
    ),
    Column(
        "bytes_per_epoch",
        "B per epoch",
        "moved if nothing stays in a cache between two loops",
        float,
        lambda r: r.cost.bytes_per_epoch if r.cost else None,
        "cost_method",
    ),
    Column(
        "multiply_adds_per_recommendation",
        "multiply-adds per user",
        "to score all items for one user",
        float,
        lambda r: r.cost.multiply_adds_per_recommendation if r.cost else None,
        "cost_method",
    ),
    Column(
        "bytes_per_recommendation",
        "B per user",
        "moved to score all items for one user",
        float,
        lambda r: r.cost.bytes_per_recommendation if r.cost else None,
        "cost_method",
    ),
    Column(
        "cost_method",
        "",
        "`formula`, or `absent` in records older than their model's formula",
        str,
        lambda r: "formula" if r.cost else "absent",
    ),
)

WHERE_IT_RAN = (
    Column("attempts", "", "starts it took; the energy is of all", int, lambda r: r.attempts),
    Column("threads", "", "threads of the run", int, lambda r: r.threads),
    Column("device", "", "`cpu` or `cuda`", str, lambda r: r.device),
    Column("kernel", "", "propagation kernel; `none` without one", str, lambda r: r.kernel),
    Column(
        "users_per_call",
        "users",
        "that evaluation scored at a time; empty for as many as fit a block",
        int,
        lambda r: r.users_per_call,
    ),
    Column(
        "memory_mapped",
        "",
        "whether graph and embeddings were in files that are mapped into memory",
        bool,
        lambda r: r.memory_mapped,
    ),
    Column(
        "shards",
        "processes",
        "that shared the model's columns, started by torchrun",
        int,
        lambda r: r.shards,
    ),
    Column(
        "exchanged_bytes",
        "B",
        "that each of them sent to train, counted at the collectives, where a ring carries them",
        float,
        lambda r: r.exchanged_bytes,
    ),
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
