"""The page's tables as plain values: the paper's Table 2, and every run."""

from typing import Any

import polars as pl

from ecorec.analysis.rows import metric_names, rows_of
from ecorec.analysis.study_analysis import Benchmark, StudyAnalysis
from ecorec.report.table2 import ACCURACY, cost_in_words, short, table2

BEFORE_METRICS = (
    "dataset",
    "model",
    "embedding_size",
    "n_layers",
    "epochs",
    "train_share",
    "train_share_by",
    "seed",
    "repeat",
    "best_epoch",
)
AFTER_METRICS = (
    "energy_j",
    "energy_low_j",
    "energy_high_j",
    "energy_method",
    "tuning_j",
    "tuning_method",
    "tuning_trials",
    "tuned_at",
    "emissions_g",
    "duration_s",
    "cpu_s",
    "validate_s",
    "codecarbon_energy_j",
    "serving_marginal_j",
    "serving_p99_s",
    "parameters",
    "multiply_adds_per_epoch",
    "bytes_per_epoch",
    "peak_memory_bytes",
    "kernel",
    "roof_share",
    "threads",
    "machine_id",
    "run_id",
)
"""Columns of the page's table of runs, around the metrics; a column without values is left out."""


def quality_table(benchmark: Benchmark, analysis: StudyAnalysis) -> dict[str, Any]:
    """Return the paper's Table 2 as it is shown."""
    found = table2(benchmark, analysis)
    return {
        "columns": [short(column) for column in found.columns],
        "notes": [*found.notes],
        "rows": [
            {
                "label": row.configuration.label,
                "cells": [{"value": text, "best": best} for text, best in row.cells],
                **cost_in_words(row),
            }
            for row in found.rows
        ],
    }


def run_table(analysis: StudyAnalysis) -> dict[str, Any]:
    """Return every run, in the columns that have values."""
    table = rows_of(analysis.study, analysis.grid, analysis.pue)
    accuracy = [n for n in metric_names(analysis.study.records) if n.partition("@")[0] in ACCURACY]
    shown = [*BEFORE_METRICS, *accuracy, *AFTER_METRICS]
    filled = [name for name in shown if table[name].null_count() < table.height]
    if table["repeat"].max() == 1:
        filled.remove("repeat")
    if table["train_share"].min() == 1:
        filled.remove("train_share")
    text = [table.schema[name] == pl.String for name in filled]
    return {"columns": filled, "text": text, "rows": table.select(filled).rows()}
