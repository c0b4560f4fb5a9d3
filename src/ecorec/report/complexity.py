"""The page's table of complexity beside joules: work by formula, energy as it was read."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.decision.kernels_in_words import share_in_words
from ecorec.analysis.drivers.complexity import epoch_joules, mean_share
from ecorec.analysis.study_analysis import Benchmark
from ecorec.planning.calibration import Calibration
from ecorec.units import format_bytes, format_count, format_energy


def complexity(benchmark: Benchmark, calibrations: Sequence[Calibration]) -> list[dict[str, Any]]:
    """Return one row for each configuration whose joules are compared, best quality first.

    Args:
        benchmark: One data set and split.
        calibrations: Rates of the machine, as the study measured them.
    """
    ranked = [benchmark.configurations[i] for i in benchmark.ranked]
    return [_row(item, calibrations) for item in ranked if item.machine_id == benchmark.machine_id]


def _row(item: Configuration, calibrations: Sequence[Calibration]) -> dict[str, Any]:
    cost = item.first.cost
    each = [epoch_joules(record) for record in item.compared]
    known = [joules for joules in each if joules is not None]
    joules = fmean(known) if known and len(known) == len(each) else None
    share = mean_share(item.records, calibrations)
    return {
        "label": item.label,
        "parameters": f"{item.first.n_parameters:,}",
        "multiply_adds": format_count(cost.multiply_adds_per_epoch) if cost else "",
        "bytes": format_bytes(cost.bytes_per_epoch) if cost else "",
        "per_recommendation": format_count(cost.multiply_adds_per_recommendation) if cost else "",
        "epoch": format_energy(joules) if joules is not None else "absent",
        "each": _each(joules, cost.multiply_adds_per_epoch if cost else 0.0),
        "method": "+".join(item.first.total.methods) if joules is not None else "absent",
        "kernel": item.first.kernel,
        "share": share_in_words(share) if share is not None else "",
    }


def _each(joules: float | None, multiply_adds: float) -> str:
    """Return nanojoules of one multiply-add."""
    return f"{joules / multiply_adds * 1e9:.3g} nJ" if joules and multiply_adds else ""
