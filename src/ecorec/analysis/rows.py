"""Records as a table: one row a record, one column a number."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from ecorec.analysis.columns import (
    CODECARBON,
    COMPLEXITY,
    HOW_IT_WENT,
    HOW_SURE,
    METRIC_MEANINGS,
    WHAT_RAN,
    WHERE_IT_RAN,
    Column,
    Value,
    energy_method,
)
from ecorec.analysis.complexity import rates_of, roof_share
from ecorec.analysis.idle import split_idle
from ecorec.analysis.serving_columns import serving_columns
from ecorec.analysis.tuning import Bill, bill_of
from ecorec.energy.emissions import Intensity, emissions_g
from ecorec.energy.idle import IdleBaseline
from ecorec.models.catalogue import MODELS
from ecorec.planning.calibration import Calibration
from ecorec.serving.record import ServingRecord
from ecorec.study.record import RunRecord
from ecorec.study.store import StoredStudy
from ecorec.study.tuning.record import TuningSummary


def rows(
    records: list[RunRecord],
    intensity: Intensity | None,
    pue: float,
    *,
    idle: Sequence[IdleBaseline] = (),
    calibrations: Sequence[Calibration] = (),
    tunings: Sequence[TuningSummary] = (),
    serving: Mapping[str, Sequence[ServingRecord]] | None = None,
) -> pl.DataFrame:
    """Return one row a record with every column of the reference, in the order of `in_order`.

    Args:
        records: Runs and further measurements of them.
        intensity: The grid's grams per kilowatt-hour; without one, grams are null.
        pue: Energy of the building over energy of the machine.
        idle: The idle machine, as the study measured it.
        calibrations: Rates of the machine, as the study measured them.
        tunings: How settings were chosen, and what that cost.
        serving: Run id -> its measurements under load, oldest first.
    """
    shown = columns(
        records,
        intensity,
        pue,
        idle=idle,
        calibrations=calibrations,
        tunings=tunings,
        serving=serving,
    )
    ordered = in_order(records)
    return pl.DataFrame(
        {column.name: [column.value(record) for record in ordered] for column in shown},
        schema={column.name: column.dtype for column in shown},
    )


def rows_of(
    study: StoredStudy,
    intensity: Intensity | None,
    pue: float,
    records: list[RunRecord] | None = None,
) -> pl.DataFrame:
    """Return `rows` of a study's records, or some of them, with all that its folder knows."""
    return rows(
        study.records if records is None else records,
        intensity,
        pue,
        idle=study.info.idle,
        calibrations=study.info.calibrations,
        tunings=study.info.tunings,
        serving=study.served,
    )


def columns(
    records: list[RunRecord],
    intensity: Intensity | None,
    pue: float,
    *,
    idle: Sequence[IdleBaseline] = (),
    calibrations: Sequence[Calibration] = (),
    tunings: Sequence[TuningSummary] = (),
    serving: Mapping[str, Sequence[ServingRecord]] | None = None,
) -> tuple[Column, ...]:
    """Return the columns of `rows`, each with its unit and what says how it was obtained."""
    return (
        *WHAT_RAN,
        *(_metric_column(name) for name in metric_names(records)),
        *HOW_IT_WENT,
        *_idle_columns(idle),
        *_emission_columns(intensity, pue),
        *CODECARBON,
        *HOW_SURE,
        *_tuning_columns(tunings),
        *COMPLEXITY,
        *_roof_columns(calibrations),
        *serving_columns(serving or {}),
        *WHERE_IT_RAN,
    )


def _tuning_columns(tunings: Sequence[TuningSummary]) -> tuple[Column, ...]:
    def of(read: Callable[[Bill], Any]) -> Value:
        def value(record: RunRecord) -> Any:
            bill = bill_of(record, tunings)
            return None if bill is None else read(bill)

        return value

    method, meaning = "tuning_method", "end of the sensors' range"
    return (
        Column(
            "tuning_j",
            "J",
            "all trials that chose its settings; not in `energy_j`, and once for all its seeds",
            float,
            of(lambda bill: bill.tuned.bill.energy_j),
            method,
        ),
        Column(
            "tuning_low_j",
            "J",
            f"low {meaning}",
            float,
            of(lambda bill: bill.tuned.bill.low_j),
            method,
        ),
        Column(
            "tuning_high_j",
            "J",
            f"high {meaning}",
            float,
            of(lambda bill: bill.tuned.bill.high_j),
            method,
        ),
        Column("tuning_method", "", "how those joules were obtained", str, of(lambda b: b.method)),
        Column(
            "tuning_trials",
            "trials",
            "of its model at that size, interrupted ones not counted",
            int,
            of(lambda bill: bill.tuned.n_trials),
        ),
        Column(
            "tuned_at",
            "numbers per user or item",
            "embedding size that was tuned, the nearest if its own was not",
            int,
            of(lambda bill: bill.tuned.embedding_size),
        ),
    )


def _roof_columns(calibrations: Sequence[Calibration]) -> tuple[Column, ...]:
    def method(record: RunRecord) -> str:
        rates = rates_of(record, calibrations)
        if rates is None or roof_share(record, calibrations) is None:
            return "absent"
        beside = ", measured beside other work: too high" if rates.contaminated else ""
        return f"modelled: work by formula over calibrated rates{beside}"

    return (
        Column(
            "roof_share",
            "share",
            "of the machine's highest rates that training reached; by a model",
            float,
            lambda record: roof_share(record, calibrations),
            "roof_method",
        ),
        Column("roof_method", "", "how that share was obtained", str, method),
    )


def _idle_columns(idle: Sequence[IdleBaseline]) -> tuple[Column, ...]:
    def part(name: str) -> Value:
        def value(record: RunRecord) -> float | None:
            split = split_idle(record, idle)
            return None if split is None else float(getattr(split, name))

        return value

    def method(record: RunRecord) -> str:
        split = split_idle(record, idle)
        return "absent" if split is None else "+".join(split.methods)

    return (
        Column(
            "idle_j",
            "J",
            "what the idle machine would have drawn; empty where it was not measured",
            float,
            part("idle_j"),
            "idle_method",
        ),
        Column(
            "dynamic_j",
            "J",
            "`energy_j` without `idle_j`",
            float,
            part("dynamic_j"),
            "idle_method",
        ),
        Column("idle_method", "", "how idle power was obtained", str, method),
    )


def _emission_columns(intensity: Intensity | None, pue: float) -> tuple[Column, ...]:
    def grams(record: RunRecord) -> float | None:
        energy_j = record.total.energy_j
        return emissions_g(energy_j, intensity, pue) if intensity and energy_j is not None else None

    def method(record: RunRecord) -> str:
        if intensity is None:
            return "absent"
        return f"{energy_method(record)} joules x PUE {pue:g} x {intensity.in_words()}"

    meaning = "joules x PUE x grid intensity; empty without a grid"
    return (
        Column("emissions_g", "g CO2-eq", meaning, float, grams, "emissions_method"),
        Column("emissions_method", "", "joules, PUE and grid behind the grams", str, method),
    )


def in_order(records: list[RunRecord]) -> list[RunRecord]:
    """Return records by what was run: in the catalogue's order of models, then by size and seed."""
    catalogue = [*MODELS]

    def key(record: RunRecord) -> tuple[str, int, str, int, int, int, float, int, int, str]:
        known = catalogue.index(record.model) if record.model in MODELS else len(catalogue)
        return (
            record.data.name,
            known,
            record.model,
            record.embedding_size or 0,
            record.n_layers or 0,
            record.max_epochs or 0,
            (record.settings.get("reduction") or {}).get("share", 1.0),
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
