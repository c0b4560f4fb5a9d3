"""Kinds of index as a static figure: recall against joules, latency and memory beside them."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from ecorec.report.figures import COLOURS, MARKERS, STYLE
from ecorec.serving.energy import of_direct
from ecorec.serving.record import Direct, ServingRecord
from ecorec.units import format_bytes, format_energy


def write_comparison(records: Sequence[ServingRecord], label: str, folder: Path) -> list[Path]:
    """Write `comparison.png` and `.svg` and return their paths.

    Args:
        records: One of each kind of index.
        label: What they are of.
        folder: Where the files go.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "comparison.png", folder / "comparison.svg"]
    with mpl.rc_context(STYLE):
        figure = draw_comparison(records, label)
        for path in paths:
            figure.savefig(path, dpi=160)
    return paths


def draw_comparison(records: Sequence[ServingRecord], label: str) -> Figure:
    """Return recall against joules of 1,000 recommendations, and p99 of a block against them."""
    figure = Figure(figsize=(12, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    methods = []
    for at, record in enumerate(records):
        colour, marker = COLOURS[at % len(COLOURS)], MARKERS[at % len(MARKERS)]
        for direct, face in zip(_alone(record), (colour, "white"), strict=False):
            found = of_direct(direct)
            if found is None:
                continue
            methods.append(found.method)
            label_of_kind = None if face == "white" else _named(record)
            for axes, value in (
                (left, record.index.recall),
                (right, 1000 * direct.latency.p99_s),  # a list waits for the whole of its block
            ):
                if value is None:
                    continue
                axes.hlines(value, found.low_j, found.high_j, colour, alpha=0.25, linewidth=2)
                axes.plot(
                    found.central_j, value, marker, color=colour, markerfacecolor=face,
                    markersize=8, label=label_of_kind if axes is left else None,
                )  # fmt: skip
    how = ", ".join(dict.fromkeys(methods)) or "absent"
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xlabel(f"J of 1,000 recommendations, without HTTP ({how}); bars: low to high")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: format_energy(x)))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.margins(x=0.2, y=0.2)
    k = records[0].settings.k
    left.set_ylabel(f"recall@{k} of the exact lists")
    figure.suptitle(label, fontweight="bold", horizontalalignment="left", x=0.01)
    left.set_title("What an index finds, for how much")
    right.set_yscale("log")
    right.set_ylabel("p99 of a block in ms")
    right.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    blocks = sorted({direct.block for record in records for direct in _alone(record)})
    named = ("filled", "open")
    each = [f"{face}: {n}" for face, n in zip(named, blocks, strict=False)]
    right.set_title(f"p99 of a block; lists in it, {', '.join(each)}")
    figure.legend(loc="outside lower center", ncols=len(records), frameon=False)
    return figure


def _named(record: ServingRecord) -> str:
    """Return a kind with its memory, and what building it took."""
    build = record.index.build
    joules = "" if build is None or build.energy_j is None else format_energy(build.energy_j)
    size = format_bytes(float(record.index.size_bytes))
    return f"{record.index.kind}: {size}, built for {joules}" if joules else record.index.kind


def _alone(record: ServingRecord) -> list[Direct]:
    """Return what was asked one by one, then what was asked in blocks."""
    return sorted(record.direct, key=lambda direct: direct.block)[:2]
