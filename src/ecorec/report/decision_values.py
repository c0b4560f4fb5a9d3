"""A decision as plain values, for JSON."""

from pathlib import Path
from typing import Any

from ecorec.analysis.decision.candidate import Candidate
from ecorec.analysis.decision.choose import Decision
from ecorec.report.decision import sentences


def as_values(found: Decision, folder: Path, title: str) -> dict[str, Any]:
    """Return the decision as plain values, units in the names."""
    constraint = found.constraint
    return {
        "dataset": title,
        "constraint": {
            "within": constraint.within,
            "min_quality": constraint.min_quality,
            "max_energy_j": constraint.max_energy_j,
            "requests_per_day": None if found.use is None else found.use.requests_per_day,
            "days": None if found.use is None else found.use.days,
        },
        "selected_by": f"validation {found.metric}",
        "tested_in": found.test_metric,
        "least_validation": found.floor,
        "chosen": _values(found.chosen, folder),
        "best_on_validation": {"label": found.best_label, "validation": found.best_validation},
        "told_from_best_on_test": found.told_from_best,
        "eligible": [_values(item, folder) for item in found.eligible],
        "equal_in_quality": [item.label for item in found.equal_quality],
        "equal_in_energy": [item.label for item in found.equal_energy],
        "serving_counted": found.by_use,
        "serving_measured": found.served_as or None,
        "not_validated": [*found.not_validated],
        "energy_not_comparable": [*found.no_energy],
        "sentences": [*sentences(found, folder)],
    }


def _values(item: Candidate, folder: Path) -> dict[str, Any]:
    energy, serving, use = item.energy, item.serving, item.in_use_j
    return {
        "label": item.label,
        "run": str(folder / "runs" / item.run_id),
        "validation": item.validation,
        "test": item.test,
        "test_low": None if item.test_half is None else item.test - item.test_half,
        "test_high": None if item.test_half is None else item.test + item.test_half,
        "energy_j": energy.central,
        "energy_low_j": energy.low,
        "energy_high_j": energy.high,
        "energy_method": energy.method,
        "serving_j_per_1000": None if serving is None else serving.each.central_j,
        "serving_method": "absent" if serving is None else serving.each.method,
        "serving_index": None if serving is None else serving.kind,
        "serving_over_http": None if serving is None else serving.way.over_http,
        "serving_load": None if serving is None else serving.load,
        "in_use_j": None if use is None else use[1],
    }
