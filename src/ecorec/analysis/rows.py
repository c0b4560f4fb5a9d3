"""Records as a table: one row for each record, one column for each number."""

from collections.abc import Mapping, Sequence

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
)
from ecorec.analysis.deployed.serving_columns import serving_columns
from ecorec.analysis.derived_columns import (
    emission_columns,
    idle_columns,
    roof_columns,
    tuning_columns,
)
from ecorec.energy.emissions import Intensity
from ecorec.energy.idle import IdleBaseline
from ecorec.models.catalogue import MODELS
from ecorec.planning.calibration import Calibration
from ecorec.serving.record import ServingRecord
from ecorec.study.record import RunRecord
from ecorec.study.store import StoredStudy
from ecorec.study.tuning.summary import TuningSummary


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
    """Return one row for each record with all columns, in the order of `in_order`.

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
    """Return `rows` of a study's records, or some of them, with all that its folder holds."""
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
    """Return the columns of `rows`."""
    return (
        *WHAT_RAN,
        *(_metric_column(name) for name in metric_names(records)),
        *HOW_IT_WENT,
        *idle_columns(idle),
        *emission_columns(intensity, pue),
        *CODECARBON,
        *HOW_SURE,
        *tuning_columns(tunings),
        *COMPLEXITY,
        *roof_columns(calibrations),
        *serving_columns(serving or {}),
        *WHERE_IT_RAN,
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
