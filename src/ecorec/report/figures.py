"""The study as a static figure: quality against energy, and the paper's Figure 1."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from ecorec.analysis.configurations import Configuration, title
from ecorec.analysis.study_analysis import Benchmark, StudyAnalysis, analyse
from ecorec.analysis.words import metric_title
from ecorec.energy.emissions import emissions_g
from ecorec.study.store import read_study
from ecorec.units import format_energy, format_mass

COLOURS = ("#0072b2", "#d55e00", "#00855f", "#b5588c", "#a87400", "#3a8fc0", "#6b5a1e", "#7a5195")
"""After Okabe and Ito, darkened where text needs it; the page has the same in its style sheet."""

MARKERS = ("o", "^", "s", "D", "*", "P", "X", "h")

GREY = "#636b74"

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "pdf.fonttype": 42,  # TrueType: publishers refuse Type 3
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#e6e8ea",
    "axes.axisbelow": True,
}


def write_figures(
    folder: Path, metric: str | None = None, *, with_contaminated: bool = False
) -> list[Path]:
    """Write `figure.png`, `.svg` and `.pdf` into a study's folder and return their paths.

    Args:
        folder: The study's folder.
        metric: Test metric to compare by; the study's own, if not given.
        with_contaminated: Whether energy that was read beside other work is compared too.

    Raises:
        InputError: Not all runs have the metric.
        StudyError: The folder holds no study with a finished run.
    """
    analysis = analyse(read_study(folder), metric, with_contaminated=with_contaminated)
    paths = [folder / f"figure.{kind}" for kind in ("png", "svg", "pdf")]
    with mpl.rc_context(STYLE):
        figure = draw(analysis)
        for path in paths:
            figure.savefig(path, dpi=160)
    return paths


def draw(analysis: StudyAnalysis) -> Figure:
    """Return one row of panels a benchmark: the front, and the sizes where there are several."""
    n = len(analysis.benchmarks)
    widths = (1.5, 1) if any(item.several_sizes for item in analysis.benchmarks) else (1.5,)
    figure = Figure(figsize=(4.8 * sum(widths), 4.8 * n), layout="constrained")
    grid = figure.subplots(n, len(widths), squeeze=False, width_ratios=widths)
    for (left, *right), benchmark in zip(grid, analysis.benchmarks, strict=True):
        _front(left, benchmark, analysis.metric)
        for axes in right:
            if benchmark.several_sizes:
                _sizes(axes, benchmark, analysis)
            else:
                axes.set_axis_off()
    return figure


def _families(benchmark: Benchmark) -> dict[str, list[Configuration]]:
    """Return the measured configurations of each model, by embedding size."""
    families: dict[str, list[Configuration]] = {}
    here = [
        c for c in benchmark.configurations if c.machine_id == benchmark.machine_id and c.energy
    ]
    for item in sorted(here, key=lambda c: (c.is_training_free, c.model, c.embedding_size or 0)):
        families.setdefault(item.model, []).append(item)
    return families


def _methods(benchmark: Benchmark) -> str:
    """Return how the joules of a benchmark were obtained."""
    found = [e.method for c in benchmark.configurations if (e := c.energy) is not None]
    return ", ".join(dict.fromkeys(found)) or "absent"


def _style(family: list[Configuration], at: int) -> tuple[str, str]:
    return (GREY, "x") if family[0].is_training_free else (COLOURS[at % 8], MARKERS[at % 8])


def _front(axes: Axes, benchmark: Benchmark, metric: str) -> None:
    equal = {benchmark.configurations[i].label for i in benchmark.comparison.equal_to_best}
    for at, (model, family) in enumerate(_families(benchmark).items()):
        colour, marker = _style(family, at)
        points = [(e, c) for c in family if (e := c.energy) is not None]
        values = [c.quality(metric) for _, c in points]
        for (energy, item), value in zip(points, values, strict=True):
            half = benchmark.half_interval(benchmark.configurations.index(item))
            axes.hlines(value, energy.low_j, energy.high_j, colour, alpha=0.22, linewidth=1)
            if half is not None:
                ends = value - half, value + half
                axes.vlines(energy.mean_j, *ends, colour, alpha=0.3, linewidth=1)
        joules = [energy.mean_j for energy, _ in points]
        axes.plot(joules, values, color=colour, alpha=0.7, linewidth=1.2)
        for x, y, (_, item) in zip(joules, values, points, strict=True):
            filled = item.label in equal or item.is_training_free
            face = colour if filled else "white"
            axes.plot(x, y, marker, color=colour, markerfacecolor=face, markersize=7)
        offset, side = ((-4, 9), "right") if family[0].is_training_free else ((9, -3), "left")
        axes.annotate(
            title(model), (joules[-1], values[-1]), offset, textcoords="offset points",
            color=colour, fontweight="bold", horizontalalignment=side,
        )  # fmt: skip
    front = [benchmark.configurations[i] for i in benchmark.front]
    priced = [(e.mean_j, c.quality(metric)) for c in front if (e := c.energy) is not None]
    axes.step(*zip(*priced, strict=True) if priced else ([], []), where="post", color="#16191d",
              linewidth=1.2, zorder=1)  # fmt: skip
    axes.set(
        xscale="log", xlabel=f"energy of a run ({_methods(benchmark)})", ylabel=metric_title(metric)
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: format_energy(x)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.margins(x=0.12)
    if not _families(benchmark):
        _say_why_empty(axes, benchmark)
    axes.set_title(f"{benchmark.title}: quality against energy")


def _say_why_empty(axes: Axes, benchmark: Benchmark) -> None:
    """Write into an empty panel why nothing is drawn."""
    sized = [c for c in benchmark.configurations if c.machine_id == benchmark.machine_id]
    why = "no energy was read"
    if any(not item.clean for item in sized):
        why = (
            "all energy was read beside other work on the machine\n"
            "(--with-contaminated draws it all the same)"
        )
    elif any(item.without_gpu for item in sized):
        why = "computed on a GPU whose energy was not read"
    axes.text(
        0.5, 0.5, f"Nothing to draw: {why}", transform=axes.transAxes, color=GREY,
        horizontalalignment="center", verticalalignment="center",
    )  # fmt: skip


def _sizes(axes: Axes, benchmark: Benchmark, analysis: StudyAnalysis) -> None:
    grid = analysis.grid

    def cost(energy_j: float) -> float:
        return energy_j if grid is None else emissions_g(energy_j, grid, analysis.pue)

    ticks: set[int] = set()
    for at, (model, family) in enumerate(_families(benchmark).items()):
        colour, marker = _style(family, at)
        points = [(c.embedding_size, c.energy) for c in family]
        sized = [(size, energy) for size, energy in points if size is not None and energy]
        if not sized:
            continue
        sizes = [size for size, _ in sized]
        ticks |= set(sizes)
        axes.plot(sizes, [cost(e.mean_j) for _, e in sized], color=colour, marker=marker,
                  label=title(model))  # fmt: skip
        low, high = [cost(e.low_j) for _, e in sized], [cost(e.high_j) for _, e in sized]
        for size, energy in sized:
            if energy.interval_j is not None:
                ends = [cost(joules) for joules in energy.interval_j]
                axes.vlines(size, ends[0], ends[1], colour, linewidth=1.5)
        axes.fill_between(sizes, low, high, color=colour, alpha=0.08, linewidth=0)
    axes.set(xlabel="embedding size", yscale="log")
    axes.set_xscale("log", base=2)
    axes.set_xticks(sorted(ticks), [str(size) for size in sorted(ticks)])
    write = format_energy if grid is None else format_mass
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: write(y)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    if ticks:
        axes.legend(frameon=False)
    else:
        _say_why_empty(axes, benchmark)
    what = "Energy" if grid is None else "CO2-eq"
    axes.set_ylabel(f"{what} ({_methods(benchmark)})")
    axes.set_title(f"{what} of a run against embedding size")
