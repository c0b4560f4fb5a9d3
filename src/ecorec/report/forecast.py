"""A forecast in words: a line before a study, a table for `ecorec forecast`, JSON for programs."""

import json
from collections.abc import Sequence
from typing import Any

from ecorec.energy.emissions import Intensity, emissions_g
from ecorec.energy.reading import Reading
from ecorec.planning.errors_of_forecasts import CONFIDENCE
from ecorec.planning.forecast import Expected
from ecorec.planning.sum_of_runs import total_of
from ecorec.report.paragraphs import WIDTH
from ecorec.report.tables import as_text
from ecorec.study.forecast import JobForecast, StudyForecast
from ecorec.study.labels import configuration_of, labels_of, labels_of_trainings
from ecorec.units import format_bytes, format_duration, format_energy, format_mass

NOTHING = "nothing to forecast: every run is in the folder already"


def forecast_line(found: StudyForecast, grid: Intensity | None = None, pue: float = 1.0) -> str:
    """Return the study's whole in one line."""
    if not found.jobs:
        return NOTHING
    n = len(found.jobs)
    at_most = "at most " if found.may_end_early else ""
    parts = [_with_range(found.duration_s, format_duration)]
    if found.energy_j is not None:
        parts.append(f"{_with_range(found.energy_j, format_energy)} {_methods(found.total)}")
        if grid is not None:
            grams = emissions_g(found.energy_j.central, grid, pue)
            parts.append(f"{format_mass(grams)} CO2-eq in {grid.place}")
    trainings = "training" if n == 1 else "trainings"
    beside = f"; {_warmup(found.warmup)}" if found.warmup else ""
    return f"Forecast for {n} {trainings}: {at_most}{', '.join(parts)}{beside}"


def forecast_table(found: StudyForecast, grid: Intensity | None = None, pue: float = 1.0) -> str:
    """Return one line a configuration, and the whole."""
    if not found.jobs:
        return NOTHING
    head = ["", "trainings", "epochs", "energy each (interval)", "time each", "energy in all"]
    rows = [head]
    groups = _groups(found.jobs)
    labels = labels_of([group[0].job for group in groups])
    for group, label in zip(groups, labels, strict=True):
        runs, first = [item.run for item in group], group[0]
        joules = [item.total.energy_j for item in group]
        each = first.total
        known = joules[0] is not None
        one = total_of(runs[:1], [each.energy_j or 0.0])
        rows.append(
            [
                label,
                str(len(group)),
                str(first.job.epochs) if first.job.epochs else "",
                _with_range(one, format_energy) if known else "absent",
                format_duration(each.duration_s),
                format_energy(sum(value or 0.0 for value in joules)) if known else "absent",
            ]
        )
    lines = [as_text(rows, right=(1, 2, 4, 5), width=WIDTH), ""]
    energy, whole = found.energy_j, found.total
    if energy is not None and whole is not None:
        lines.append(f"energy  {_with_range(energy, format_energy)} {_methods(whole)}")
        low, high = whole.low_j or 0.0, whole.high_j or 0.0
        sensors = f"{format_energy(low)} to {format_energy(high)}"
        lines.append(f"        the sensors' own range beside it: {sensors}")
        if grid is not None:
            grams = [emissions_g(x, grid, pue) for x in (energy.central, energy.low, energy.high)]
            year = f" {grid.year}" if grid.year else ""
            lines.append(
                f"CO2-eq  {_with_range(Expected(*grams), format_mass)} at {grid.g_per_kwh:.0f} "
                f"g/kWh ({grid.place}{year})"
            )
    else:
        lines.append("energy  absent: no sensor of this machine can be read")
    lines.append(f"time    {_with_range(found.duration_s, format_duration)}")
    if found.warmup:
        lines.append(f"        {_warmup(found.warmup)}")
    lines.append(f"disk    about {format_bytes(found.disk_bytes)}")
    if found.n_done:
        lines.append(f"{found.n_done} more are in the folder already and not counted")
    if found.may_end_early:
        lines.append(
            "at most: all epochs are counted, and some trainings may stop before their last"
        )
    lines.append(
        f"Intervals hold what the sensors will read with {CONFIDENCE:.0%} confidence, if the "
        "machine stays as busy as now.\n"
        f"Forecasting took {format_duration(found.sampling.duration_s)}"
        + (f" and {format_energy(found.sampling.energy_j)}" if found.sampling.energy_j else "")
    )
    if grid is None:
        lines.append("Grams need a country: --country ITA")
    return "\n".join(lines)


def forecast_json(found: StudyForecast, grid: Intensity | None = None, pue: float = 1.0) -> str:
    """Return the forecast as JSON, units in the names."""
    whole = found.total
    labels = labels_of_trainings([item.job for item in found.jobs])
    told: dict[str, Any] = {
        "trainings": len(found.jobs),
        "done": found.n_done,
        "at_most": found.may_end_early,
        "confidence": CONFIDENCE,
        "disk_bytes": round(found.disk_bytes),
        "sampling_s": found.sampling.duration_s,
        "sampling_j": found.sampling.energy_j,
        "warmup_s": found.warmup.duration_s if found.warmup else None,
        "warmup_j": found.warmup.energy_j if found.warmup else None,
        "jobs": [_job(item, label) for item, label in zip(found.jobs, labels, strict=True)],
    }
    if whole is not None:
        told["duration_s"] = _triple(found.duration_s)
        told["method"] = list(whole.methods)
        if found.energy_j is not None:
            told["energy_j"] = _triple(found.energy_j)
            told["sensors_range_j"] = [whole.low_j, whole.high_j]
            if grid is not None:
                expected = found.energy_j
                told["emissions_g"] = [
                    emissions_g(x, grid, pue)
                    for x in (expected.low, expected.central, expected.high)
                ]
    return json.dumps(told, indent=1)


def _job(item: JobForecast, label: str) -> dict[str, Any]:
    expected = total_of([item.run], [item.total.energy_j or 0.0])
    return {
        "label": label,
        "dataset": item.job.longest.dataset,
        "epochs": item.job.epochs or None,
        "energy_j": _triple(expected) if item.total.energy_j is not None else None,
        "duration_s": item.total.duration_s,
        "cpu_s": item.total.cpu_s,
        "phases_cpu_s": {phase.name: phase.cpu_s for phase in item.run.phases},
    }


def _triple(expected: Expected) -> list[float]:
    return [expected.low, expected.central, expected.high]


def _groups(jobs: Sequence[JobForecast]) -> list[list[JobForecast]]:
    """Return jobs that differ in nothing but seed and repeat together."""
    found: dict[str, list[JobForecast]] = {}
    for item in jobs:
        found.setdefault(configuration_of(item.job), []).append(item)
    return list(found.values())


def _warmup(reading: Reading) -> str:
    """Return what warming up takes beside the runs, as it was measured just now."""
    joules = "" if reading.energy_j is None else f"{format_energy(reading.energy_j)} and "
    methods = f" ({_methods(reading)})" if joules else ""
    seconds = format_duration(reading.duration_s)
    return f"warming up takes about {joules}{seconds} more, once a session{methods}"


def _with_range(expected: Expected, form: Any) -> str:
    return f"{form(expected.central)} ({form(expected.low)} to {form(expected.high)})"


def _methods(reading: Reading | None) -> str:
    return "+".join(reading.methods) if reading is not None else ""
