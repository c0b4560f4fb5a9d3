"""A study's result on a terminal: one row a configuration, the verdict, 100 columns at most."""

from statistics import fmean

import polars as pl

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.rows import rows_of
from ecorec.analysis.run_energy import Energy
from ecorec.analysis.study_analysis import Benchmark, StudyAnalysis, analyse
from ecorec.analysis.words import metric_title, quality
from ecorec.energy.emissions import emissions_g
from ecorec.report.budget import budget_note
from ecorec.report.halving import halving_note
from ecorec.report.paragraphs import WIDTH, wrapped
from ecorec.report.ranges import between
from ecorec.report.table2 import BESIDE
from ecorec.report.tables import as_text, sort_key
from ecorec.report.tuning import tuning_block
from ecorec.report.warned import warned
from ecorec.study.store import StoredStudy
from ecorec.units import format_energy, format_mass

NOTE = (
    "* cannot be told from the best   ± standard deviation between seeds  "
    " +.001: joules along the front"
)


def summary(
    study: StoredStudy,
    metric: str | None = None,
    sort: str | None = None,
    *,
    with_contaminated: bool = False,
) -> str:
    """Return tables and verdicts of a study as text.

    Args:
        study: As read from its folder.
        metric: Test metric to compare by; the study's own, if not given.
        sort: Column of the table of runs to sort by; best first, if not given.
        with_contaminated: Whether energy that was read beside other work is compared too.

    Raises:
        InputError: The metric or the column is not known.
        StudyError: There is no finished run.
    """
    analysis = analyse(study, metric, with_contaminated=with_contaminated)
    parts = []
    for benchmark in analysis.benchmarks:
        if len(analysis.benchmarks) > 1:
            parts.append(f"{benchmark.title}\n")
        parts += [summary_table(benchmark, analysis, sort), NOTE]
        if any(not item.clean for item in benchmark.configurations):
            parts.append(BESIDE)
        parts += _emissions(benchmark, analysis)
        parts += ["", wrapped(f"Verdict: {benchmark.verdict.text}"), ""]
        block = tuning_block(analysis, benchmark.configurations)
        parts += [*block, ""] if block else []
    warnings = warned(study.records)
    if warnings:
        parts.append(wrapped(f"Warnings: {'; '.join(warnings)}."))
    parts += budget_note(study.info)
    parts += halving_note(study.info)
    return "\n".join(parts).rstrip()


def summary_table(benchmark: Benchmark, analysis: StudyAnalysis, sort: str | None = None) -> str:
    """Return one line a configuration, at most 100 columns wide.

    Args:
        benchmark: One data set and split.
        analysis: The study it belongs to.
        sort: Column of the table of runs to sort by; best first, if not given.
    """
    metric = analysis.metric
    hit = f"hit@{metric.partition('@')[2]}"
    head = [
        "",
        metric_title(metric),
        metric_title(hit),
        "parameters",
        "energy (low-high)",
        "",
        f"+.001 {metric_title(metric.partition('@')[0])}",
    ]
    lines = [
        [
            f"{'*' if benchmark.equals_best(i) else ' '} {item.label}",
            _quality(item, metric),
            quality(item.quality(hit)) if item.tested_in(hit) else "",
            f"{item.first.n_parameters:,}",
            *_energy(item),
            _exchange(benchmark, i),
        ]
        for i, item in _ordered(benchmark, analysis, sort)
    ]
    return as_text([head, *lines], right=(1, 2, 3, 4, 6), width=WIDTH)


def _ordered(
    benchmark: Benchmark, analysis: StudyAnalysis, sort: str | None
) -> list[tuple[int, Configuration]]:
    ranked = [(i, benchmark.configurations[i]) for i in benchmark.ranked]
    if sort is None:
        return ranked
    frames = [
        rows_of(analysis.study, analysis.grid, analysis.pue, list(item.records))
        for _, item in ranked
    ]
    # Not all need have the same metrics.
    column, descending = sort_key(sort, [*dict.fromkeys(c for f in frames for c in f.columns)])
    values = [_sortable(frame[column]) if column in frame.columns else None for frame in frames]
    filled = [i for i, value in enumerate(values) if value is not None]
    filled.sort(key=lambda i: values[i] or (0.0, ""), reverse=descending)
    empty = [i for i, value in enumerate(values) if value is None]
    return [ranked[i] for i in filled + empty]


def _sortable(column: pl.Series) -> tuple[float, str] | None:
    """Return a configuration's place in one column: the mean of numbers, the first of words.

    Of the runs that have a value; `None` where none has.
    """
    known = column.drop_nulls().to_list()
    if not known:
        return None
    return (fmean(known), "") if column.dtype.is_numeric() else (0.0, str(known[0]))


def _quality(item: Configuration, metric: str) -> str:
    spread = item.quality_spread(metric)
    seeds = f" ±{quality(spread)}" if spread is not None else " " * 6
    return quality(item.quality(metric)) + seeds


def _shown_energy(item: Configuration) -> Energy | None:
    return item.energy if item.clean else item.energy_beside_others


def _energy(item: Configuration) -> tuple[str, str]:
    energy = _shown_energy(item)
    if energy is None:
        return "", "absent"
    mark = "" if item.clean else " !"
    joules = (
        f"{format_energy(energy.mean_j)} ({between(energy.low_j, energy.high_j, format_energy)})"
    )
    return joules, energy.method + mark


def _emissions(benchmark: Benchmark, analysis: StudyAnalysis) -> list[str]:
    """Return a line on the grams of a run, over the configurations of the table."""
    grid = analysis.grid
    found = [e for c in benchmark.configurations if (e := _shown_energy(c)) is not None]
    if grid is None or not found:
        return []
    grams = [emissions_g(energy.mean_j, grid, analysis.pue) for energy in found]
    low, high = min(grams), max(grams)
    span = format_mass(low) if len(grams) == 1 else between(low, high, format_mass)
    methods = "+".join(dict.fromkeys(energy.method for energy in found))
    pue = f", PUE {analysis.pue:g}" if analysis.pue != 1 else ""
    year = f" {grid.year}" if grid.year else ""
    return [
        wrapped(
            f"CO2-eq: {span} a run, over the configurations (of central joules, {methods}; "
            f"{grid.g_per_kwh:.0f} g/kWh, {grid.place}{year}{pue})"
        )
    ]


def _exchange(benchmark: Benchmark, position: int) -> str:
    price = benchmark.joules_per_quality.get(position)
    return "-" if price is None else format_energy(price * 0.001)
