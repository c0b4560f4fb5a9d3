"""The paper's Figure 1 as multiples of one run, with its Table 2 and our runs in it."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from ecorec.analysis.configurations import title
from ecorec.analysis.paper.multiples import REFERENCE, multiples
from ecorec.analysis.paper.published import DATASETS, MODELS, SIZES
from ecorec.analysis.paper.row import Beside
from ecorec.analysis.statistics.energy_statistics import Ratio
from ecorec.report.figures import COLOURS, GREY, MARKERS, STYLE

SAME_RUN = 0.02
"""Relative difference up to which Table 2 and Figure 1 can be roundings of one number."""


MULTIPLES = (0.2, 0.5, 1, 2, 5, 10)
"""Labelled on the axis."""


def write_multiples(path: Path, rows: Sequence[Beside]) -> str:
    """Draw emissions as multiples of LightGCN's at 64, a panel a data set.

    Lines are the paper's Figure 1, crosses the cells of its Table 2 that say otherwise. Dots with
    bars (95 %) are ours, of one preset.

    Args:
        path: Its ending names the kind of picture.
        rows: What `beside` returns.

    Returns:
        The preset of our runs that is drawn; empty where there is none.
    """
    with mpl.rc_context(STYLE):
        figure, preset = draw_multiples(rows)
        figure.savefig(path, dpi=160)
    return preset


def draw_multiples(rows: Sequence[Beside]) -> tuple[Figure, str]:
    """Return the figure of `write_multiples`, and the preset of our runs that is in it."""
    ours = [
        (row, found.ours)
        for row, found in zip(rows, multiples(rows), strict=True)
        if found is not None and found.ours is not None
    ]
    presets = dict.fromkeys(row.preset for row, _ in ours)
    preset = "as-run" if "as-run" in presets else next(iter(presets), "")
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    panels = figure.subplots(1, len(DATASETS), sharey=True)
    for axes, (dataset, name) in zip(panels, DATASETS.items(), strict=True):
        _published(axes, [row for row in rows if row.cell.dataset == dataset])
        for row, ratio in ours:
            if row.cell.dataset == dataset and row.preset == preset:
                _dot(axes, row, ratio)
        _dress(axes, name)
    panels[0].set_ylabel(f"emissions over {title(REFERENCE[0])}'s at {REFERENCE[1]}")
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center",
        ncols=len(MODELS), frameon=False,
    )  # fmt: skip
    return figure, preset


def _published(axes: Axes, rows: Sequence[Beside]) -> None:
    kilograms = {
        (row.cell.table, row.cell.model, row.cell.embedding_size): row.cell.value
        for row in rows
        if row.cell.quantity == "emissions"
    }
    unit = kilograms["figure-1", *REFERENCE]
    for model, colour, marker in zip(MODELS, COLOURS, MARKERS, strict=False):
        values = [kilograms["figure-1", model, size] / unit for size in SIZES]
        axes.plot(SIZES, values, marker + "-", color=colour, label=title(model), markersize=4)
        for size in SIZES:
            printed = kilograms.get(("table-2", model, size))
            if printed and abs(printed / kilograms["figure-1", model, size] - 1) > SAME_RUN:
                axes.plot(size, printed / unit, "x", color=colour, markersize=9, markeredgewidth=2)
                axes.annotate(
                    "Table 2", (size, printed / unit), (7, -3), textcoords="offset points",
                    color=colour, fontsize=8,
                )  # fmt: skip


def _dot(axes: Axes, row: Beside, ratio: Ratio) -> None:
    value = ratio.value
    low, high = (value if end is None else end for end in (ratio.low, ratio.high))
    colour = COLOURS[MODELS.index(row.cell.model)]
    axes.errorbar(
        row.cell.embedding_size or 0, value, [[value - low], [high - value]], fmt="o",
        color=colour, markerfacecolor="white", markersize=8, capsize=3,
    )  # fmt: skip


def _dress(axes: Axes, name: str) -> None:
    axes.axhline(1, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.set(xscale="log", yscale="log", xlabel="embedding size", title=name)
    axes.set_xticks(SIZES, [str(size) for size in SIZES])
    axes.set_yticks(MULTIPLES)
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}x"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(which="minor", length=0)
