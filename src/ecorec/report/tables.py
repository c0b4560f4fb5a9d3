"""Rows of a study as text, Markdown, CSV or JSON."""

import textwrap
from collections.abc import Collection, Sequence

import polars as pl

from ecorec.errors import unknown_name
from ecorec.evaluation.metrics import METRICS

NARROWEST = 16
"""Characters that the first column keeps, however little room there is."""


def four_decimals(value: float) -> str:
    """Return a quality as papers write it, e.g. `.2681`."""
    return f"{value:.4f}".removeprefix("0")


def as_csv(frame: pl.DataFrame) -> str:
    """Return comma-separated values with a header."""
    return frame.write_csv()


def as_json(frame: pl.DataFrame) -> str:
    """Return a JSON array of objects; empty cells are null."""
    return frame.write_json()


def as_markdown(frame: pl.DataFrame) -> str:
    """Return a Markdown table; floats with four significant digits."""
    head = [" | ".join(frame.columns), " | ".join("---" for _ in frame.columns)]
    body = [" | ".join(_cell(value).replace("|", "\\|") for value in row) for row in frame.rows()]
    return "\n".join(f"| {line} |" for line in [*head, *body])


def as_wide_text(frame: pl.DataFrame) -> str:
    """Return all columns, aligned, as wide as they are."""
    lines = [frame.columns, *([_cell(value) for value in row] for row in frame.rows())]
    numeric = [i for i, dtype in enumerate(frame.dtypes) if dtype.is_numeric()]
    return as_text(lines, right=numeric)


def as_text(
    lines: Sequence[Sequence[str]], right: Collection[int] = (), width: int | None = None
) -> str:
    """Return aligned columns, two spaces apart.

    Args:
        lines: Cells, the header first; all of the same length.
        right: Positions of the columns that are aligned to the right.
        width: Widest line; cells of the first column are wrapped until it fits.
    """
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    if width is not None:
        excess = sum(widths) + 2 * (len(widths) - 1) - width
        widths[0] = max(NARROWEST, widths[0] - max(0, excess))
    texts = []
    for first, *others in lines:
        head, *more = textwrap.wrap(first, max(1, widths[0]), subsequent_indent="    ") or [""]
        # wrap() drops what a cell is indented by; a mark's place must stay.
        head = first[: len(first) - len(first.lstrip())] + head.lstrip()
        cells = [head.ljust(widths[0])]
        cells += [
            cell.rjust(widths[i]) if i in right else cell.ljust(widths[i])
            for i, cell in enumerate(others, start=1)
        ]
        texts += ["  ".join(cells).rstrip(), *more]
    return "\n".join(texts)


def sort_rows(frame: pl.DataFrame, sort: str) -> pl.DataFrame:
    """Return the rows in the order that `sort` asks for, empty cells last.

    Raises:
        InputError: There is no such column.
    """
    column, descending = sort_key(sort, frame.columns)
    return frame.sort(column, descending=descending, nulls_last=True, maintain_order=True)


def sort_key(sort: str, columns: Sequence[str]) -> tuple[str, bool]:
    """Return the column and whether it descends: metrics do, all else ascends.

    Args:
        sort: A column's name; `-` in front turns its direction around.
        columns: The names there are.

    Raises:
        InputError: There is no such column.
    """
    column = sort.removeprefix("-")
    if column not in columns:
        raise unknown_name("column", column, columns, "`--format csv` shows all")
    return column, (column.partition("@")[0] in METRICS) != sort.startswith("-")


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
