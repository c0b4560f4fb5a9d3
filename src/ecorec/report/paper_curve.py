"""What each checkpoint of the paper's code was worth, as text, as rows and in a sentence."""

from collections.abc import Sequence

import polars as pl

from ecorec.analysis.configurations import title
from ecorec.analysis.paper.curve import CHECKED_EVERY, Curve, Point
from ecorec.analysis.paper.published import EPOCHS, published
from ecorec.analysis.words import metric_title
from ecorec.report.paragraphs import wrapped
from ecorec.report.tables import as_text, four_decimals
from ecorec.units import format_energy

COLUMNS = {
    "dataset": pl.String,
    "model": pl.String,
    "embedding_size": pl.Int64,
    "preset": pl.String,
    "seed": pl.Int64,
    "epoch": pl.Int64,
    "selection_metric": pl.String,
    "validation": pl.Float64,
    "metric": pl.String,
    "test": pl.Float64,
    "train_j": pl.Float64,
    "train_cpu_s": pl.Float64,
    "energy_method": pl.String,
    "best_on_validation": pl.Boolean,
    "tested_by_the_code": pl.Boolean,
    "threads": pl.Int64,
    "date": pl.String,
    "machine": pl.String,
    "versions": pl.String,
}
"""Column of the rows -> its type."""


def as_frame(curves: Sequence[Curve], metric: str) -> pl.DataFrame:
    """Return one row a checkpoint."""
    rows = [_row(curve, point, metric) for curve in curves for point in curve.points]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def as_tables(curves: Sequence[Curve], metric: str) -> str:
    """Return a table a training, and what it says."""
    return "\n\n".join(_table(curve, metric) for curve in curves)


def heading(curve: Curve) -> str:
    """Return e.g. `ml-1m LightGCN d=64, as-run, seed 2020`."""
    run = curve.whole
    return (
        f"{run.data.name} {title(run.model)} d={run.embedding_size}, {run.preset}, seed {run.seed}"
    )


def in_words(curve: Curve, metric: str) -> str:
    """Return which epoch the paper's code tests, what that reaches, and what came after it."""
    tested, peak = curve.tested, curve.peak
    if tested is None:
        return wrapped(
            f"Which epoch the paper's code tests is not known: it chooses among every "
            f"{CHECKED_EVERY}th and the last, and one of them was not tested."
        )
    name, value = metric_title(metric), tested.run.metrics[metric]
    run, last = curve.whole, curve.points[-1].epoch
    of = "" if last == EPOCHS else f"Of {last} epochs, where the paper has {EPOCHS}, "
    words = [f"{of}the paper's code tests epoch {tested.epoch}: {name} {four_decimals(value)}"]
    words[0] = words[0][0].upper() + words[0][1:]
    cell = published().find("table-2", run.data.name, run.model, run.embedding_size, metric)
    if cell is not None:
        words[0] += (
            f" (the paper: {four_decimals(cell.value)}, {100 * (value / cell.value - 1):+.1f} %)"
        )
    if peak is not tested:
        there = four_decimals(peak.run.metrics[metric])
        words.append(f"The best on validation data is epoch {peak.epoch} ({name} {there})")
    share = curve.share_after(tested)
    if share:
        whole = format_energy(curve.points[-1].train_j or 0.0)
        words.append(
            f"{100 * share:.0f} % of the training's {whole} ({curve.method}) came after epoch "
            f"{tested.epoch}"
        )
    return wrapped(". ".join(words) + ".")


def _table(curve: Curve, metric: str) -> str:
    head = ["", "epoch", f"validation {metric_title(curve.whole.selection_metric)}",
            f"test {metric_title(metric)}", "joules of training"]  # fmt: skip
    lines = [
        [
            ("^" if point is curve.peak else "") + ("*" if point is curve.tested else ""),
            str(point.epoch),
            four_decimals(point.validation),
            four_decimals(point.run.metrics[metric]),
            "absent" if point.train_j is None else format_energy(point.train_j),
        ]
        for point in curve.points
    ]
    legend = f"* tested by the paper's code   ^ best on validation   joules: {curve.method}"
    table = as_text([head, *lines], right=range(1, 5))
    return f"{heading(curve)}\n{table}\n{legend}\n{in_words(curve, metric)}"


def _row(curve: Curve, point: Point, metric: str) -> tuple[object, ...]:
    run = point.run
    return (
        run.data.name, run.model, run.embedding_size, run.preset, run.seed,
        point.epoch, run.selection_metric, point.validation, metric, run.metrics[metric],
        point.train_j, sum(epoch.train_cpu_s for epoch in run.epochs), curve.method,
        point is curve.peak, point is curve.tested,
        run.threads, run.created_at[:10], run.machine.in_words,
        ", ".join(f"{name} {version}" for name, version in run.versions.items()),
    )  # fmt: skip
