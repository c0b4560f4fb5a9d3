"""What the page shows, as plain values: analyses in, JSON out."""

import json
from typing import Any

import numpy as np

from ecorec.analysis.configurations import Configuration, is_baseline
from ecorec.analysis.rows import rows
from ecorec.analysis.study_analysis import Arena, StudyAnalysis
from ecorec.energy.emissions import emissions_g
from ecorec.models.catalogue import find_model
from ecorec.units import format_energy

ACCURACY = ("precision", "recall", "ndcg", "hit")
"""The paper's Table 2, in its order."""

RUN_COLUMNS = ("dataset", "model", "embedding_size", "n_layers", "epochs", "seed", "best_epoch",
               "energy_j", "energy_method", "emissions_g", "duration_s", "cpu_s", "parameters",
               "peak_memory_bytes", "kernel", "threads", "machine_id", "run_id")  # fmt: skip
"""Columns of the page's table of runs, around the metrics."""


def page_data(analysis: StudyAnalysis) -> dict[str, Any]:
    """Return everything that the page needs."""
    study = analysis.study
    table = rows(study.records, analysis.grid, analysis.pue)
    ks = _cutoffs(analysis)
    metrics = [f"{name}@{k}" for k in ks for name in ACCURACY]
    shown = [*RUN_COLUMNS[:7], *metrics, *RUN_COLUMNS[7:]]
    return {
        "name": study.info.name,
        "description": study.info.description,
        "metric": analysis.metric,
        "grid": analysis.grid.in_words() if analysis.grid else None,
        "pue": analysis.pue,
        "arenas": [_arena(arena, analysis, ks) for arena in analysis.arenas],
        "runs": {"columns": shown, "rows": table.select(shown).rows()},
        "methods": _methods(analysis),
        "limits": _limits(analysis),
        "provenance": [
            {
                "run_id": record.run_id,
                "command": record.command,
                "created_at": record.created_at,
                "machine": f"{record.machine.cpu} ({record.machine.machine_id})",
                "versions": ", ".join(f"{k} {v}" for k, v in record.versions.items()),
            }
            for record in study.records
        ],
    }


def as_script(data: dict[str, Any]) -> str:
    """Return JSON that is safe inside a `<script>` element."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _cutoffs(analysis: StudyAnalysis) -> list[int]:
    names = analysis.study.records[0].metrics
    return sorted({int(name.split("@")[1]) for name in names if name.startswith("ndcg@")})


def _arena(arena: Arena, analysis: StudyAnalysis, ks: list[int]) -> dict[str, Any]:
    front = arena.front()
    record = arena.configurations[0].first
    return {
        "title": arena.title,
        "verdict": arena.verdict.text,
        "numbers": _numbers(arena),
        "scope": " · ".join(
            [
                arena.title,
                f"{record.data.n_users:,} users, {record.data.n_items:,} items, "
                f"{record.data.n_interactions:,} interactions",
                *record.data.filters,
                record.split.protocol,
                f"preset {record.preset}",
                f"{record.machine.n_cpus} cores {record.machine.cpu}",
                f"energy {'+'.join(record.total.methods)}",
                record.created_at[:10],
            ]
        ),
        "points": [_point(item, arena, analysis, front) for item in arena.ranked],
        "front": [item.label for item in front],
        "phases": [
            {"label": item.label, "phase": phase.name, "energy": phase.energy_j}
            for item in arena.ranked
            for phase in item.first.phases
            if phase.energy_j is not None
        ],
        "curves": [line for item in arena.ranked for line in _curve(item)],
        "table": _table(arena, analysis, ks),
    }


def _numbers(arena: Arena) -> list[dict[str, str]]:
    metric = arena.contest.metric
    best, cheapest = arena.contest.best, arena.verdict.cheapest_equal
    numbers = [
        {"value": f"{best.quality(metric):.3f}", "label": f"best {metric.upper()}: {best.label}"}
    ]
    if cheapest.energy_j is not None:
        label = f"cheapest that equals it: {cheapest.label} ({cheapest.method})"
        numbers.append({"value": format_energy(cheapest.energy_j), "label": label})
    priced = [item.energy_j for item in arena.contest.equals if item.energy_j]
    if cheapest.energy_j and len(priced) > 1:
        value = f"{max(priced) / cheapest.energy_j:.3g}×"
        numbers.append({"value": value, "label": "the energy of the dearest that equals it"})
    return numbers


def _point(
    item: Configuration, arena: Arena, analysis: StudyAnalysis, front: list[Configuration]
) -> dict[str, Any]:
    metric = arena.contest.metric
    _, values = item.per_user(metric, analysis.study.per_user)
    half = _half_interval(values.mean(axis=0))
    quality = item.quality(metric)

    def grams(energy_j: float | None) -> float | None:
        if analysis.grid is None or energy_j is None:
            return None
        return emissions_g(energy_j, analysis.grid, analysis.pue)

    return {
        "label": item.label,
        "model": item.model,
        "title": find_model(item.model).title,
        "size": item.first.embedding_size,
        "baseline": is_baseline(item),
        "quality": quality,
        "quality_low": quality - half,
        "quality_high": quality + half,
        "energy": item.energy_j,
        "energy_low": item.low_j,
        "energy_high": item.high_j,
        "grams": grams(item.energy_j),
        "grams_low": grams(item.low_j),
        "grams_high": grams(item.high_j),
        "method": item.method,
        "seeds": len(item.runs),
        "equal": arena.is_equal(item),
        "front": any(other is item for other in front),
        "command": item.first.command,
    }


def _half_interval(per_user: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    """Return half the 95 % interval of a mean over users."""
    if per_user.size < 2:
        return 0.0
    return float(1.96 * per_user.std(ddof=1) / np.sqrt(per_user.size))


def _curve(item: Configuration) -> list[dict[str, Any]]:
    spent, lines = 0.0, []
    for epoch in item.first.epochs:
        spent += epoch.train_j or 0.0
        if epoch.validation is not None:
            lines.append(
                {
                    "label": item.label,
                    "model": item.model,
                    "size": item.first.embedding_size,
                    "epoch": epoch.epoch,
                    "joules": spent,
                    "value": epoch.validation,
                }
            )
    return lines


def _table(arena: Arena, analysis: StudyAnalysis, ks: list[int]) -> dict[str, Any]:
    """Return the paper's Table 2: a row a configuration, quality at each K, and its cost."""
    columns = [f"{name}@{k}" for k in ks for name in ACCURACY]
    lines = []
    for item in arena.configurations:
        cost = item.energy_j
        if cost is not None and analysis.grid is not None:
            cost = emissions_g(cost, analysis.grid, analysis.pue)
        lines.append(
            {
                "label": item.label,
                "equal": arena.is_equal(item),
                "values": [item.quality(column) for column in columns],
                "cost": cost,
            }
        )
    unit = "g CO2-eq" if analysis.grid is not None else "J"
    return {"columns": columns, "unit": unit, "rows": lines}


def _methods(analysis: StudyAnalysis) -> str:
    """Return a paragraph that can be pasted into a paper."""
    record = analysis.study.records[0]
    machine = record.machine
    low, central, high = machine.watts_per_cpu
    selected = {r.selection_metric for r in analysis.study.records if r.selection_metric}
    chosen = f"the epoch with the best validation {', '.join(sorted(selected))}" if selected else ""
    grid = (
        f"Grams are joules x PUE {analysis.pue:g} x {analysis.grid.in_words()}. "
        if analysis.grid
        else "No grid was stated, so no grams are given. "
    )
    return (
        f"Interactions were split by {record.split.protocol} (seed {record.split.seed}); graph, "
        f"popularity and negatives use training interactions only. Models were trained with Adam "
        f"and tested at {chosen or 'their closed form'}, by full ranking of all items with seen "
        "items masked and equal scores ordered by a seeded hash. Energy is "
        f"{machine.watts_method}: CPU seconds of the process tree (exact) times {low:g} to "
        f"{high:g} W (central {central:g} W) per busy logical CPU; {machine.watts_source}. "
        "The boundary of each run is load, split, graph, initialisation, training, validation, "
        "test and checkpoint; compilation is billed "
        f"apart, once a session. {grid}Machine: {machine.n_cpus} logical CPUs {machine.cpu}, "
        f"{record.threads} threads, {record.kernel} kernel, ecorec {record.versions['ecorec']}, "
        f"torch {record.versions['torch']}."
    )


def _limits(analysis: StudyAnalysis) -> list[str]:
    records = analysis.study.records
    total = next(
        (c.reason for c in records[0].total.components if c.component == "machine" and c.reason),
        None,
    )
    warmup = sum(reading.energy_j or 0.0 for reading in analysis.study.info.warmups)
    limits = [
        "Joules are attributed to the process, not read at the wall: compare their ratios.",
        f"The machine's total and idle energy are absent: {total}." if total else "",
        f"Compiling and importing took {format_energy(warmup)} in all and is in no run.",
        "One split: a different split may order close models differently.",
        "Serving is not measured here.",
    ]
    if any(record.undertrained for record in records):
        limits.append("Some runs were best at their last epoch: more epochs may change the order.")
    waits = analysis.study.info.waiting
    if waits != "passive":
        limits.append(f"Idle threads: {waits}; threads that spin are billed as work.")
    return [limit for limit in limits if limit]
