"""What the page shows, as plain values: analyses in, JSON out."""

import json
from typing import Any

from ecorec.analysis.configurations import Configuration, title
from ecorec.analysis.run_energy import phases_of
from ecorec.analysis.study_analysis import Benchmark, StudyAnalysis
from ecorec.analysis.words import metric_title
from ecorec.energy.emissions import emissions_g
from ecorec.report.complexity import complexity
from ecorec.report.curves import curve
from ecorec.report.deployment import deployment
from ecorec.report.headline import headline
from ecorec.report.limits import limits
from ecorec.report.methods import methods, provenance, scope
from ecorec.report.page_tables import quality_table, run_table
from ecorec.report.taking import questions, taking
from ecorec.report.warned import warned

REST = 0.005
"""Share of a run's joules below which what no phase has booked is not shown."""


def page_data(analysis: StudyAnalysis) -> dict[str, Any]:
    """Return everything that the page needs."""
    study = analysis.study
    return {
        "name": study.info.name,
        "description": study.info.description,
        "metric": metric_title(analysis.metric),
        "models": _families(analysis),
        "has_grid": analysis.grid is not None,
        "benchmarks": [_benchmark(item, analysis) for item in analysis.benchmarks],
        "runs": run_table(analysis),
        "methods": methods(analysis),
        "limits": limits(analysis),
        "warnings": warned(study.records),
        "provenance": provenance(analysis),
    }


def as_script(data: dict[str, Any]) -> str:
    """Return JSON that is safe inside a `<script>` element."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _families(analysis: StudyAnalysis) -> list[dict[str, Any]]:
    """Return the models in the order that fixes their colours, training-free ones last."""
    found = {item.model: item for b in analysis.benchmarks for item in b.configurations}
    ordered = sorted(found.values(), key=lambda item: (item.is_training_free, item.model))
    return [
        {"name": item.model, "title": title(item.model), "baseline": item.is_training_free}
        for item in ordered
    ]


def _benchmark(benchmark: Benchmark, analysis: StudyAnalysis) -> dict[str, Any]:
    ranked = [(i, benchmark.configurations[i]) for i in benchmark.ranked]
    here = [(i, c) for i, c in ranked if c.machine_id == benchmark.machine_id]
    return {
        "title": benchmark.title,
        "verdict": list(benchmark.verdict.sentences),
        "numbers": headline(benchmark.verdict.findings),
        "scope": scope(benchmark),
        "several_sizes": benchmark.several_sizes,
        "points": [_point(i, item, benchmark, analysis) for i, item in ranked],
        "phases": [line for _, item in here for line in _phases(item)],
        "curves": [line for _, item in here if (line := curve(item)) is not None],
        "table": quality_table(benchmark, analysis),
        "take": taking(benchmark, analysis),
        "questions": questions(benchmark),
        "complexity": complexity(benchmark, analysis.calibrations),
        "deployment": deployment(benchmark, analysis),
    }


def _point(
    position: int, item: Configuration, benchmark: Benchmark, analysis: StudyAnalysis
) -> dict[str, Any]:
    quality = item.quality(analysis.metric)
    half = benchmark.half_interval(position)
    energy = item.energy if item.machine_id == benchmark.machine_id else None
    joules = (energy.low_j, energy.mean_j, energy.high_j) if energy else (None, None, None)
    grams = [_grams(value, analysis) for value in joules]
    repeats = (energy and energy.interval_j) or (None, None)
    return {
        "label": item.label,
        "model": item.model,
        "size": item.embedding_size,
        "baseline": item.is_training_free,
        "quality": quality,
        "quality_low": None if half is None else quality - half,
        "quality_high": None if half is None else quality + half,
        "energy_low": joules[0],
        "energy": joules[1],
        "energy_high": joules[2],
        "energy_repeats": repeats,
        "grams_repeats": [_grams(value, analysis) for value in repeats],
        "grams_low": grams[0],
        "grams": grams[1],
        "grams_high": grams[2],
        "method": energy.method if energy else "absent",
        "seeds": item.n_seeds,
        "equal": benchmark.equals_best(position),
        "front": position in benchmark.front,
        "price": benchmark.joules_per_quality.get(position),
        "command": item.first.command,
    }


def _grams(energy_j: float | None, analysis: StudyAnalysis) -> float | None:
    if analysis.grid is None or energy_j is None:
        return None
    return emissions_g(energy_j, analysis.grid, analysis.pue)


def _phases(item: Configuration) -> list[dict[str, Any]]:
    """Return the joules of each phase, averaged over measurements; the unbooked rest as well.

    Of the measurements whose energy is compared, as in the table; nothing where there is none.
    """
    if item.energy is None:
        return []
    n = len(item.compared)
    booked = [phase for record in item.compared for phase in phases_of(record)]
    # A phase that was not read in one measurement is in the rest, of all of them.
    unread = {phase.name for phase in booked if phase.energy_j is None}
    sums: dict[str, float] = {}
    for phase in booked:
        if phase.name not in unread:
            sums[phase.name] = sums.get(phase.name, 0.0) + (phase.energy_j or 0.0) / n
    rest = item.energy.mean_j - sum(sums.values())
    if rest > REST * item.energy.mean_j:
        sums["other"] = rest
    method = item.energy.method
    return [
        {"label": item.label, "phase": name, "energy": sums[name], "method": method}
        for name in sums
    ]
