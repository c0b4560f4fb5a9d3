"""The curves of the paper's code as a figure: test quality against the joules of training."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ecorec.analysis.configurations import title
from ecorec.analysis.paper.curve import Curve, Point
from ecorec.analysis.paper.published import MODELS, published
from ecorec.analysis.words import metric_title
from ecorec.errors import InputError
from ecorec.report.figures import COLOURS, GREY, STYLE
from ecorec.report.paper_curve import heading
from ecorec.units import format_energy

ACROSS = 2
"""Panels side by side."""


def write_figure(path: Path, curves: Sequence[Curve], metric: str) -> list[str]:
    """Draw one panel a training whose joules are known, and return which are left out.

    Args:
        path: Its ending names the kind of picture.
        curves: Trainings.
        metric: Test metric.

    Raises:
        InputError: No training has joules.
    """
    known = [curve for curve in curves if curve.points[-1].train_j]
    if not known:
        message = "no training has joules to draw quality against"
        raise InputError(message, hint="the table needs none: leave out --figure")
    with mpl.rc_context(STYLE):
        draw(known, metric).savefig(path, dpi=160)
    return [heading(curve) for curve in curves if curve not in known]


def draw(curves: Sequence[Curve], metric: str) -> Figure:
    """Return one panel a training, two side by side; at least one training."""
    n_across = min(ACROSS, len(curves))
    n_rows = -(-len(curves) // n_across)
    figure = Figure(figsize=(5 * n_across, 3.2 * n_rows), layout="constrained")
    panels = [*figure.subplots(n_rows, n_across, squeeze=False, sharey=True).flat]
    for axes, curve in zip(panels, curves, strict=False):
        _draw(axes, curve, metric)
    for axes in panels[len(curves) :]:
        axes.set_axis_off()
    return figure


def _draw(axes: Axes, curve: Curve, metric: str) -> None:
    run = curve.whole
    colour = COLOURS[MODELS.index(run.model) if run.model in MODELS else -1]
    joules = [point.train_j or 0.0 for point in curve.points]
    values = [point.run.metrics[metric] for point in curve.points]
    axes.plot(joules, values, ".-", color=colour, linewidth=1.5)
    cell = published().find("table-2", run.data.name, run.model, run.embedding_size, metric)
    if cell is not None:
        axes.axhline(cell.value, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
        # On the side where the curve is farther from it.
        side = "left" if abs(values[-1] - cell.value) < abs(values[0] - cell.value) else "right"
        axes.annotate(
            "the paper", (side == "right", cell.value), (3 if side == "left" else 0, 3),
            xycoords=("axes fraction", "data"), textcoords="offset points", color=GREY,
            horizontalalignment=side,
        )  # fmt: skip
    if curve.tested is not None:
        # What was spent after the tested checkpoint.
        axes.axvspan(curve.tested.train_j or 0.0, joules[-1], color=GREY, alpha=0.12, linewidth=0)
    for point, words, face, below in _marks(curve, colour):
        at = (point.train_j or 0.0, point.run.metrics[metric])
        axes.plot(*at, "o", color=colour, markerfacecolor=face, markersize=7)
        axes.annotate(
            words, at, (0, -18 if below else 9), textcoords="offset points", color=colour,
            horizontalalignment="left" if at[0] < joules[-1] / 2 else "right",
        )  # fmt: skip
    axes.set(
        xlabel=f"joules of training ({curve.method})", ylabel=metric_title(metric),
        xlim=(0, 1.03 * joules[-1]),
    )  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: format_energy(x)))
    axes.margins(y=0.2)
    axes.set_title(f"{title(run.model)}, {run.preset}, {run.epochs[-1].epoch} epochs")


def _marks(curve: Curve, colour: str) -> list[tuple[Point, str, str, bool]]:
    """Return the marked points: words, the colour they are filled with, whether they go below."""
    tested, peak = curve.tested, curve.peak
    if peak is tested:
        return [(tested, f"best on validation,\nand tested: epoch {tested.epoch}", colour, False)]
    # A curve that only falls leaves room above its beginning.
    below = peak is not curve.points[0]
    best = (peak, f"best on validation: epoch {peak.epoch}", "white", below)
    if tested is None:
        return [best]
    return [
        best,
        (tested, f"tested: epoch {tested.epoch}", colour, False),
    ]
