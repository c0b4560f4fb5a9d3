"""The paper's tables and figure beside ours, cell by cell, as text and as rows."""

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from ecorec.analysis.configurations import title
from ecorec.analysis.paper.beside import FEWEST_SEEDS
from ecorec.analysis.paper.multiples import Multiple, multiples
from ecorec.analysis.paper.published import DATASETS, EPOCHS, TABLE_SIZE, Cell
from ecorec.analysis.paper.row import Beside
from ecorec.report.tables import as_text, four_decimals

HEADINGS = {
    "table-1": "Table 1: data sets",
    "table-2": f"Table 2: quality, and emissions in kg CO2-eq (size {TABLE_SIZE}, as Figure 1 "
    "tells)",
    "figure-1": "Figure 1, digitised: emissions in kg CO2-eq, and as multiples of LightGCN's at 64",
    "board": "RecBole-GNN's board: MovieLens-1M, ratings of 3 and more, tuned, size 64",
}

NOT_RUN = "not run"

COLUMNS: dict[str, tuple[type, Callable[[Beside], Any]]] = {
    "source": (str, lambda row: row.cell.source),
    "table": (str, lambda row: row.cell.table),
    "dataset": (str, lambda row: row.cell.dataset),
    "model": (str, lambda row: row.cell.model or None),
    "embedding_size": (int, lambda row: row.cell.embedding_size),
    "quantity": (str, lambda row: row.cell.quantity),
    "unit": (str, lambda row: row.cell.unit or None),
    "published": (float, lambda row: row.cell.value),
    "obtained": (str, lambda row: row.cell.obtained),
    "ours": (float, lambda row: row.ours),
    "difference": (float, lambda row: row.difference),
    "relative_difference": (float, lambda row: row.relative),
    "interval_low": (float, lambda row: row.low),
    "interval_high": (float, lambda row: row.high),
    "inside": (bool, lambda row: row.inside),
    "n_runs": (int, lambda row: row.n_runs),
    "preset": (str, lambda row: row.preset or None),
    "epochs": (int, lambda row: row.epochs),
    "conditions": (str, lambda row: row.conditions or None),
    "method": (str, lambda row: row.method or None),
    "note": (str, lambda row: row.note or None),
    "where": (str, lambda row: row.cell.where),
}
"""Column of the rows -> its type and its value."""


def as_frame(rows: Sequence[Beside]) -> pl.DataFrame:
    """Return one row for each published cell and value of ours."""
    frame = pl.DataFrame(
        {name: [value(row) for row in rows] for name, (_, value) in COLUMNS.items()},
        schema={name: dtype for name, (dtype, _) in COLUMNS.items()},
    )
    found = multiples(rows)
    ratios = [one.ours if one else None for one in found]
    return frame.with_columns(
        pl.Series("multiple", [one.published if one else None for one in found], pl.Float64),
        pl.Series("our_multiple", [one.value if one else None for one in ratios], pl.Float64),
        pl.Series("our_multiple_low", [one.low if one else None for one in ratios], pl.Float64),
        pl.Series("our_multiple_high", [one.high if one else None for one in ratios], pl.Float64),
    )


def as_tables(rows: Sequence[Beside], g_per_kwh: float) -> str:
    """Return a table for each of the paper's, and what the columns mean."""
    hows = list(dict.fromkeys(_how(row) for row in rows if row.ours is not None and row.preset))
    parts = []
    with_multiples = [*zip(rows, multiples(rows), strict=True)]
    for table, heading in HEADINGS.items():
        chosen = [pair for pair in with_multiples if pair[0].cell.table == table]
        ratios = table == "figure-1"
        head = ["", "published", "ours", "difference", *(["multiple", "ours"] if ratios else []),
                "95 % interval", "inside", "run"]  # fmt: skip
        lines = [_line(row, multiple, hows) for row, multiple in chosen]
        right = range(1, 6 if ratios else 4)
        parts.append(f"{heading}\n{as_text([head, *_without_repetition(lines)], right=right)}")
    return "\n\n".join([*parts, _legend(rows, hows, g_per_kwh)])


def _line(row: Beside, multiple: Multiple | None, hows: list[str]) -> list[str]:
    cell = row.cell
    line = [_name(cell), _value(cell, cell.value)]
    if row.ours is None or row.relative is None:
        line += [NOT_RUN, ""]
    else:
        line += [_value(cell, row.ours), f"{100 * row.relative:+.3g} %"]
    if multiple is not None:
        line += _multiples(multiple)
    interval = ""
    if row.low is not None and row.high is not None:
        interval = f"{_value(cell, row.low)} - {_value(cell, row.high)}"
    inside = {True: "yes", False: "no", None: ""}[row.inside]
    run = f"({hows.index(_how(row)) + 1})" if row.ours is not None and row.preset else ""
    return [*line, interval, inside, " ".join(filter(None, (run, row.note)))]


def _multiples(found: Multiple) -> list[str]:
    published = f"{found.published:.3g}"
    if found.ours is None:
        return [published, ""]
    ours = f"{found.ours.value:.3g}"
    if found.ours.low is not None and found.ours.high is not None:
        ours += f" ({found.ours.low:.3g}-{found.ours.high:.3g})"
    return [published, ours]


def _without_repetition(lines: list[list[str]]) -> list[list[str]]:
    """Blank a cell's name and value where several of our values follow one another."""
    shown, last = [], ["", ""]
    for line in lines:
        shown.append(["", "", *line[2:]] if line[:2] == last else line)
        last = line[:2]
    return shown


def _name(cell: Cell) -> str:
    words = [DATASETS[cell.dataset]]
    if cell.model:
        words.append("largest" if cell.model == "largest" else title(cell.model))
    words.append(f"d={cell.embedding_size}" if cell.table == "figure-1" else cell.quantity)
    return " ".join(words)


def _value(cell: Cell, value: float) -> str:
    if cell.quantity == "emissions":
        return f"{value:.4g}" if value != cell.value else f"{value:g}"
    if cell.quantity in ("users", "items", "interactions"):
        return f"{value:,.0f}"
    return four_decimals(value)


def _how(row: Beside) -> str:
    words = [row.preset, f"{row.epochs} epoch{'' if row.epochs == 1 else 's'}"]
    unit = "measurement" if row.cell.quantity == "emissions" else "seed"
    words.append(f"{row.n_runs} {unit}{'s' if row.n_runs > 1 else ''}")
    return "; ".join(filter(None, [", ".join(words), row.conditions, row.method]))


def _legend(rows: Sequence[Beside], hows: list[str], g_per_kwh: float) -> str:
    n_ours = len({row.cell for row in rows if row.ours is not None})
    n_cells = len({row.cell for row in rows})
    lines = [
        f"{n_cells} published cells, {n_ours} with a run of ours. Cells that the file of published "
        "values lacks are not listed.",
    ]
    if n_ours == 0:
        more = "Give the folders of `ecorec run studies/paper/….toml` to see ours beside."
        return "\n".join([*lines, more])
    lines += [f"({n}) {how}" for n, how in enumerate(hows, start=1)]
    lines += [
        f"Interval: where one further seed lies, from {FEWEST_SEEDS} (quality) or five seeds "
        "(emissions) on, or one further repeat of a single seed from five on; empty with fewer.",
        f"Our kilograms: joules x {g_per_kwh:g} g/kWh, carried to {EPOCHS} epochs. The paper "
        "states neither place nor factor: compare multiples.",
        "Our multiples: of joules by the runs' own sensors, whatever counts the kilograms.",
    ]
    return "\n".join(lines)
