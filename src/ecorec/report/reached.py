"""Joules to a target quality as text."""

from collections.abc import Sequence
from statistics import median

from ecorec.analysis.energy_to_quality import ToQuality
from ecorec.analysis.words import metric_title, quality
from ecorec.report.ranges import between
from ecorec.report.tables import as_text
from ecorec.units import format_energy


def reached_table(found: Sequence[ToQuality], target: float) -> str:
    """Return one line a configuration: epoch, joules up to it, or why there are none."""
    metrics = {r.selection_metric for i in found for r in i.configuration.records}
    named = " or ".join(metric_title(name) for name in sorted(metrics - {""})) or "validation"
    head = ["", "epoch", "energy (low-high)", ""]
    lines = [[item.configuration.label, *_cells(item)] for item in found]
    title = f"To the first validation {named} of {quality(target)}, set-up and validations included"
    return f"{title}\n{as_text([head, *lines], right=(1, 2))}"


def _cells(item: ToQuality) -> tuple[str, str, str]:
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
