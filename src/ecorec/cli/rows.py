"""Rows on stdout in the form that was asked for."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ecorec.cli import console

if TYPE_CHECKING:
    import polars as pl

Format = Annotated[
    Literal["table", "csv", "json", "md"], typer.Option("--format", help="How rows are written.")
]


def write(frame: "pl.DataFrame", format_: str) -> None:
    """Write all rows and columns.

    Args:
        frame: The rows.
        format_: `table` is aligned text, as wide as it comes.
    """
    from ecorec.report import tables

    writers = {
        "table": tables.as_wide_text,
        "csv": tables.as_csv,
        "json": tables.as_json,
        "md": tables.as_markdown,
    }
    console.out(writers[format_](frame))
