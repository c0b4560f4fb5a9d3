"""Lines of a text file with more columns than the first one, or with fewer."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import polars as pl

from ecorec.errors import DataError

HINT = "every line needs the same number of columns"
NEEDED = ("user", "item", "timestamp")
"""Roles whose values may not be missing."""


def quote_of(separator: str) -> str | None:
    """Return what values may be quoted with; in other files a quote is a character."""
    return '"' if separator in ",;" else None


def first_uneven_line(text: str, separator: str, least: int | None = None) -> str | None:
    """Return what is wrong with the first line that has more columns than the first.

    Args:
        text: Of the file.
        separator: Of its columns.
        least: If given, it is the first line with fewer columns than this; blank ones aside.
    """
    rules: Literal[0, 3] = csv.QUOTE_MINIMAL if quote_of(separator) else csv.QUOTE_NONE
    lines = csv.reader(io.StringIO(text), delimiter=separator, quoting=rules)
    try:
        width = len(next(lines))
        for fields in lines:
            uneven = len(fields) > width if least is None else 0 < len(fields) < least
            if uneven:
                return f", line {lines.line_num:,}: {len(fields)} columns; expected {width}"
    except csv.Error as error:
        return f", line {lines.line_num:,}: {error}"
    return None


def refuse_short_lines(
    frame: pl.DataFrame, places: Mapping[str, int], text: str, separator: str, path: Path
) -> None:
    """Make sure that no line ends before a value that every interaction needs.

    Args:
        frame: With a column for each role.
        places: Role -> position of its column in the file.
        text: Of the file.
        separator: Of its columns.
        path: For the message.

    Raises:
        DataError: Naming the first such line.
    """
    missing = [places[role] for role in NEEDED if role in places and frame[role].null_count()]
    if missing and (where := first_uneven_line(text, separator, max(missing) + 1)):
        message = f"{path}{where}"
        raise DataError(message, hint=HINT)
