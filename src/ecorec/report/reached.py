"""Joules to a target quality as text."""

from collections.abc import Sequence
from statistics import median

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.energy_to_quality import ToQuality, energy_to_quality
from ecorec.analysis.naming import benchmark_title
from ecorec.analysis.words import listed, metric_title, quality
from ecorec.report.ranges import between
from ecorec.report.tables import as_text
from ecorec.units import format_energy


def reached_tables(benchmarks: Sequence[Sequence[Configuration]], target: float) -> str:
    """Return a table for each data set and split, under its name where there are several.

    Args:
        benchmarks: The configurations of each; at least one.
        target: Value of the validation metric.
    """
    firsts = [members[0].first for members in benchmarks]
    tables = [reached_table(energy_to_quality(members, target), target) for members in benchmarks]
    if len(tables) == 1:
        return tables[0]
    titles = [benchmark_title(first, firsts) for first in firsts]
    return "\n\n".join(f"{title}\n\n{table}" for title, table in zip(titles, tables, strict=True))


def reached_table(found: Sequence[ToQuality], target: float) -> str:
    """Return one line a configuration: epoch, joules up to it, or why there are none.

    Args:
        found: The configurations of one data set and split; at least one.
        target: Value of the validation metric.
    """
    head = ["", "epoch", "energy (low-high)", ""]
    lines = [[item.configuration.label, *_cells(item)] for item in found]
    what = f"first validation {metric_title(found[0].metric)} of {quality(target)}"
    return (
        f"To the {what}, set-up and validations included\n{as_text([head, *lines], right=(1, 2))}"
    )


def _cells(item: ToQuality) -> tuple[str, str, str]:
    if item.chosen_by:
        return "", "", f"absent: epochs chosen by {listed([*map(metric_title, item.chosen_by)])}"
    if item.best is None:
        return "", "", "absent: never validated"
    if item.configuration.without_gpu:
        return "", "", "absent: the GPU's energy was not read with it"
    joules = item.energy_j
    if joules is None:
        n = len(item.reached)
        return "", "", f"absent: reached by {n} of {item.n_runs} runs (best {quality(item.best)})"
    low, central, high = joules
    methods = "+".join(dict.fromkeys(way.method for way in item.reached))
    epochs = [way.epoch for way in item.reached if way.epoch is not None]
    epoch = f"{median(epochs):g}" if epochs else ""
    mark = "" if item.configuration.clean else " ! beside other work"
    return epoch, f"{format_energy(central)} ({between(low, high, format_energy)})", methods + mark
