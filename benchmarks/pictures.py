"""The pictures of the docs that show benchmarks, drawn from the results in this folder.

    python benchmarks/pictures.py

Nothing is measured here: `docs/engine.png` is what `make bench` left behind, and
`docs/green-stopping.png` the tables that `benchmarks/green_stopping.py` printed.
"""

import json
import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter, PercentFormatter

from ecorec.analysis.configurations import title
from ecorec.analysis.paper.published import MODELS
from ecorec.report.figures import COLOURS, GREY, STYLE

RESULTS = Path(__file__).parent / "results"
DOCS = Path(__file__).parent.parent / "docs"

SYSTEMS = {
    "ecorec": "ecorec",
    "recbole": "RecBole 1.2.1",
    "csr": "torch CSR",
    "coo": "torch COO",
    "pyg": "PyG",
}
"""By the name that they have in the results, in the order of the picture."""

SIZE = 64
LARGEST_LOSS = -0.15
"""What costs more quality than this is beyond the axis: nobody would take it."""

POLICIES = {
    r"patience": ("o", "patience (of so many)"),
    r"gain.*J$": ("^", "gain per joule"),
    r"gain.*%$": ("s", "gain per share"),
    r"hindsight": ("*", "with hindsight"),
}
"""Marker and name of each kind of policy, by the pattern of its text."""

AIM = (0.30, -0.01)
"""At least this share of the energy saved, for at most this change of NDCG@10."""

_CELL = r"[^|]+ \| "
ROW = re.compile(rf"\| (\w+) \| ([^|]+) \| {_CELL}{_CELL}([+-]\d+)% {_CELL}{_CELL}([+-][\d.]+)% ")
"""Model, policy, energy saved and change of quality in a row of `green-stopping.md`."""


def draw_engine(results: dict[str, Any]) -> Figure:
    """Return seconds and joules of an epoch: a group of rows a model, a dot a system."""
    measured = {
        (of["model"], row["system"]): row["epoch"]
        for of in results["systems"]
        if of["size"] == SIZE
        for row in of["rows"]
    }
    models = [model for model in dict.fromkeys(model for model, _ in measured) if model in MODELS]
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, key, unit in zip(panels, ("seconds", "joules"), ("Seconds", "Joules"), strict=True):
        for place, model in enumerate(models):
            ecorecs = measured[model, "ecorec"][key]["median"]
            for rank, system in enumerate(SYSTEMS):
                if (model, system) in measured:
                    y = -place - rank / (len(SYSTEMS) + 1)
                    _dot(axes, y, rank, measured[model, system][key], ecorecs)
        axes.set(xscale="log", title=f"{unit} an epoch")
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        axes.margins(x=0.12)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(axis="y", length=0)
    middle = (len(SYSTEMS) - 1) / 2 / (len(SYSTEMS) + 1)
    panels[0].set_yticks(
        [-place - middle for place in range(len(models))], [title(model) for model in models]
    )
    handles = [
        Line2D([], [], marker="o", linestyle="none", color=colour, label=name)
        for name, colour in zip(SYSTEMS.values(), COLOURS, strict=False)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    return figure


def _dot(axes: Axes, y: float, rank: int, found: dict[str, float], ecorecs: float) -> None:
    """Draw one median with its least and most, and how many times ecorec's it is."""
    middle, low, high = (found[key] for key in ("median", "low", "high"))
    axes.errorbar(middle, y, xerr=[[middle - low], [high - middle]], fmt="o", color=COLOURS[rank])
    if rank:
        axes.annotate(
            f"{middle / ecorecs:.3g} x", (high, y), (5, -3), textcoords="offset points",
            fontsize=8, color=GREY,
        )  # fmt: skip


def draw_stopping(text: str) -> Figure:
    """Return what each rule saves and loses beside patience 10, a panel a data set."""
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    panels = figure.subplots(1, len(sections), sharex=True, sharey=True)
    models: dict[str, str] = {}
    for axes, section in zip(panels, sections, strict=True):
        rows = [
            (model, policy.strip(), int(saved) / 100, float(change) / 100)
            for model, policy, saved, change in ROW.findall(section)
        ]
        models = dict(zip(dict.fromkeys(row[0] for row in rows), COLOURS, strict=False))
        for model, colour in models.items():
            _policies(axes, colour, [row[1:] for row in rows if row[0] == model])
        axes.fill_between([AIM[0], 1], AIM[1], 0.02, color="#e9f3ee", zorder=0)
        axes.annotate("the aim", (0.99, 0.012), ha="right", fontsize=8, color="#00855f")
        axes.set(title=section.splitlines()[0], xlabel="energy saved")
        axes.set(xlim=(-0.02, 1), ylim=(LARGEST_LOSS, 0.02))
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    panels[0].set_ylabel("NDCG@10 against patience 10")
    handles = [_handle("_", title(model), colour) for model, colour in models.items()]
    handles += [_handle(marker, name, GREY) for marker, name in POLICIES.values()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    return figure


def _policies(axes: Axes, colour: str, rows: list[tuple[str, float, float]]) -> None:
    """Draw the policies of one model that lose no more than anybody would take."""
    for kind, (marker, _) in POLICIES.items():
        shown = [row for row in rows if re.match(kind, row[0]) and row[2] >= LARGEST_LOSS]
        axes.plot(
            [saved for _, saved, _ in shown], [change for _, _, change in shown], marker,
            color=colour, markerfacecolor="white" if marker in "^s" else colour,
            markersize=13 if marker == "*" else 6, alpha=0.85, linestyle="none",
        )  # fmt: skip
        for policy, saved, change in shown if marker == "o" else []:
            number = policy.removeprefix("patience ")
            axes.annotate(
                number, (saved, change), (6, -10), textcoords="offset points", fontsize=8,
                color=colour,
            )  # fmt: skip


def _handle(marker: str, label: str, colour: str) -> Line2D:
    line, marker = ("-", "") if marker == "_" else ("none", marker)
    return Line2D(
        [], [], linestyle=line, linewidth=4, marker=marker, color=colour, label=label,
        markerfacecolor="white" if marker in ("^", "s") else colour,
    )  # fmt: skip


def main() -> None:
    """Draw both."""
    engine = json.loads((RESULTS / "amd-epyc-2-cpus.json").read_text())
    stopping = (RESULTS / "green-stopping.md").read_text()
    with mpl.rc_context(STYLE):
        draw_engine(engine).savefig(DOCS / "engine.png", dpi=130)
        draw_stopping(stopping).savefig(DOCS / "green-stopping.png", dpi=130)


if __name__ == "__main__":
    main()
