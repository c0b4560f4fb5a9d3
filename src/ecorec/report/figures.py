"""The study as a static figure: the front, and the paper's Figure 1."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ecorec.analysis.study_analysis import Arena, StudyAnalysis, analyse
from ecorec.energy.emissions import emissions_g
from ecorec.study.store import read_study

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D1F", "#7A5195")
"""Okabe and Ito's colours, in the same order as on the page."""
MARKERS = ("o", "^", "s", "D", "*", "P", "X")
BASELINE_COLOUR = "#8a8f94"


def write_figures(folder: Path) -> list[Path]:
    """Write `figure.png` and `figure.svg` into a study's folder.

    Raises:
        StudyError: The folder holds no study with a finished run.
    """
    analysis = analyse(read_study(folder))
    with mpl.rc_context(
        {
            "svg.fonttype": "none",
            "font.size": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
        }
    ):
        figure = Figure(figsize=(12, 4.6 * len(analysis.arenas)), layout="constrained")
        grid = figure.subplots(len(analysis.arenas), 2, squeeze=False)
        for (left, right), arena in zip(grid, analysis.arenas, strict=True):
            _front(left, arena)
            _sizes(right, arena, analysis)
        paths = [folder / "figure.png", folder / "figure.svg"]
        for path in paths:
            figure.savefig(path, dpi=150)
    return paths


def _style(arena: Arena, model: str) -> tuple[str, str]:
    trained = sorted({c.model for c in arena.configurations if c.first.embedding_size is not None})
    if model not in trained:
        return BASELINE_COLOUR, "v"
    at = trained.index(model)
    return PALETTE[at % len(PALETTE)], MARKERS[at % len(MARKERS)]


def _front(axes: Axes, arena: Arena) -> None:
    metric = arena.contest.metric
    front = arena.front()
    axes.step(
        [item.energy_j or 0.0 for item in front],
        [item.quality(metric) for item in front],
        where="post", color="0.6", linestyle="--", linewidth=1,
    )  # fmt: skip
    for item in arena.configurations:
        if item.energy_j is None or item.low_j is None or item.high_j is None:
            continue
        colour, marker = _style(arena, item.model)
        quality = item.quality(metric)
        axes.plot([item.low_j, item.high_j], [quality, quality], color="0.85", zorder=0)
        face = colour if arena.is_equal(item) else "white"
        axes.plot(item.energy_j, quality, marker, color=colour, markerfacecolor=face, markersize=7)
        if any(other is item for other in front) or item.first.embedding_size is None:
            axes.annotate(
                item.label,
                (item.energy_j, quality),
                (6, 6),
                textcoords="offset points",
                color=colour,
            )
    methods = "+".join(arena.configurations[0].first.total.methods)
    axes.set(xscale="log", xlabel=f"energy of a run, J ({methods})", ylabel=metric.upper())
    axes.set_title(f"{arena.title}: quality against energy", loc="left")


def _sizes(axes: Axes, arena: Arena, analysis: StudyAnalysis) -> None:
    def cost(energy_j: float | None) -> float:
        if energy_j is None:
            return float("nan")
        return (
            energy_j
            if analysis.grid is None
            else emissions_g(energy_j, analysis.grid, analysis.pue)
        )

    models = sorted({c.model for c in arena.configurations if c.first.embedding_size is not None})
    for model in models:
        items = [c for c in arena.configurations if c.model == model]
        colour, marker = _style(arena, model)
        sizes = [item.first.embedding_size or 0 for item in items]
        axes.plot(
            sizes, [cost(i.energy_j) for i in items], marker=marker, color=colour, label=model
        )
        lows, highs = [cost(i.low_j) for i in items], [cost(i.high_j) for i in items]
        axes.fill_between(sizes, lows, highs, color=colour, alpha=0.1, linewidth=0)
    unit = "energy of a run, J" if analysis.grid is None else "g CO2-eq of a run"
    axes.set(xlabel="embedding size", ylabel=unit, yscale="log")
    if models:
        axes.set_xscale("log", base=2)
        axes.legend(frameon=False)
    axes.set_title("The paper's Figure 1, with the sensor's range", loc="left")
