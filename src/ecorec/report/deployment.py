"""The page's section on deployment: ladders, latencies, and life cycles of what was served."""

import itertools
from collections.abc import Sequence
from typing import Any

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.deployed.alike import Way, asked, most_shared
from ecorec.analysis.deployed.break_even import break_even, cheapest_by_number
from ecorec.analysis.deployed.break_even_words import in_words
from ecorec.analysis.deployed.deployment import Deployed, of_configuration
from ecorec.analysis.deployed.life_cycle import BOUNDARY
from ecorec.analysis.deployed.served import LOAD
from ecorec.analysis.study_analysis import Benchmark, StudyAnalysis
from ecorec.errors import InputError
from ecorec.report.ranges import between
from ecorec.serving.energy import PER, marginal, total
from ecorec.serving.record import ServingRecord, Step
from ecorec.units import format_bytes, format_count, format_duration, format_energy


def deployment(benchmark: Benchmark, analysis: StudyAnalysis) -> dict[str, Any] | None:
    """Return ladders, systems and crossings; `None` where nothing was under load."""
    found = [
        item for each in benchmark.configurations for item in _served(each, benchmark, analysis)
    ]
    if not found:
        return None
    way = _way(found)
    found = [_asked_so(item, way) for item in found]
    compared = [item for item in found if item.way == way]
    others = [item for item in found if item.way != way]
    return {
        "ladder": [point for item in compared for point in _ladder(item)],
        "systems": [_system(item, analysis) for item in found],
        "compared": [item.system.label for item in compared],
        "not_compared": [f"{item.system.label} ({item.way.against(way)})" for item in others],
        "crossings": _crossings(compared),
        "boundary": BOUNDARY,
        "load": f"{100 * LOAD:g} %",
        "grid": analysis.grid.g_per_kwh if analysis.grid else None,
        "place": analysis.grid.place if analysis.grid else None,
        "pue": analysis.pue,
    }


def _served(item: Configuration, benchmark: Benchmark, analysis: StudyAnalysis) -> list[Deployed]:
    """Return a configuration once for each kind of index that was measured on it."""
    served = analysis.study.served
    runs = [run_id for run_id in item.run_ids if run_id in served]
    if not runs or item.machine_id != benchmark.machine_id:
        return []
    found = []
    for kind in dict.fromkeys(record.index.kind for record in served[runs[-1]]):
        try:
            found.append(of_configuration(analysis.study, item, runs[-1], kind, LOAD))
        except InputError:
            continue  # without joules there is no system to compare
    return found


def _records(item: Deployed) -> Sequence[ServingRecord]:
    """Return all measurements of a system, in whatever way it was asked, newest first."""
    kind = item.latest.index.kind
    return [r for r in reversed(item.study.served[item.path.name]) if r.index.kind == kind]


def _way(found: Sequence[Deployed]) -> Way:
    """Return the way in which most systems were asked, over HTTP if one of them was."""
    each = [[way for record in _records(item) for way in asked(record)] for item in found]
    over_http = [[way for way in ways if way.over_http] for ways in each]
    way = most_shared(over_http) or most_shared(each)
    assert way is not None
    return way


def _asked_so(item: Deployed, way: Way) -> Deployed:
    """Return a system as it was asked in a way, or as it is where it never was or was not read."""
    if all(way not in asked(record) for record in _records(item)):
        return item
    run_id, kind = item.path.name, item.latest.index.kind
    try:
        return of_configuration(item.study, item.configuration, run_id, kind, item.load, way)
    except InputError:
        return item


def _ladder(item: Deployed) -> list[dict[str, Any]]:
    record = item.latest
    if record.idle is None:
        return []
    return [_point(item, step, record.idle) for step in record.steps]


def _point(item: Deployed, step: Step, idle: Step) -> dict[str, Any]:
    whole, beyond = total(step), marginal(step, idle)
    latency = step.latency
    return {
        "label": item.system.label,
        "model": item.record.model,
        "load": step.load,
        "rate": step.recommendations_per_s,
        "errors": step.n_errors,
        "p50": latency.p50_s if latency else None,
        "p95": latency.p95_s if latency else None,
        "p99": latency.p99_s if latency else None,
        "energy_total": whole.central_j if whole else None,
        "energy_low": beyond.low_j if beyond else None,
        "energy": beyond.central_j if beyond else None,
        "energy_high": beyond.high_j if beyond else None,
        "method": beyond.method if beyond else "absent",
    }


def _system(item: Deployed, analysis: StudyAnalysis) -> dict[str, Any]:
    record, system = item.latest, item.system
    latency, rate = item.latency, record.recommendations_per_s
    each = [PER * joules for joules in system.recommendation.ends_j]
    return {
        "label": system.label,
        "model": item.record.model,
        "quality": item.configuration.quality(analysis.metric),
        "recall": "" if record.index.recall is None else f"{record.index.recall:.3f}",
        "memory": format_bytes(float(record.index.size_bytes)),
        "rate": "index alone" if rate is None or item.alone else f"{rate:,.0f} lists/s",
        "p99": "" if latency is None else format_duration(latency.p99_s),
        "training_energy": [*system.training.ends_j],
        "thousand_energy": each,
        "idle_w": [*item.idle_w],
        "training": format_energy(system.training.mean_j),
        "thousand": format_energy(each[1]),
        "range": between(each[0], each[2], format_energy),
        "method": system.recommendation.method,
        "training_method": system.training.method,
        "n": len(system.recommendation.values_j),
        "of": "measurements" if len(item.serving) > 1 else "slices of one window",
    }


def _crossings(found: list[Deployed]) -> list[dict[str, str]]:
    """Return which system draws least from where on, and how sure each crossing is."""
    order = cheapest_by_number([item.system for item in found])
    methods = "+".join(dict.fromkeys(item.system.recommendation.method for item in found))
    first = order[0][1].label
    if len(order) == 1:
        text = (
            f"{first} draws least at any number of recommendations, among those that were served."
            if len(found) > 1
            else f"Only {first} was measured so: there is nothing to compare it with."
        )
        return [{"text": text, "method": methods}]
    lines = [
        {
            "text": f"Up to {format_count(order[1][0])} recommendations {first} draws least, "
            "training and index included.",
            "method": methods,
        }
    ]
    for (_, before), (n, now) in itertools.pairwise(order):
        _, repeats, sensors = in_words(break_even(before, now))
        lines.append(
            {
                "text": f"From {format_count(n)} recommendations on {now.label} does. {repeats} "
                f"{sensors}",
                "method": methods,
            }
        )
    return lines
