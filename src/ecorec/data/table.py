"""Text and Parquet files as a table: user, item and, where there are, rating, time and title."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import polars as pl

from ecorec.data.columns import ROLES, find_columns
from ecorec.data.raw_file import decode, read_bytes
from ecorec.data.stray_quotes import HINT as QUOTES
from ecorec.data.stray_quotes import first_stray_quote
from ecorec.data.uneven_lines import HINT as EVEN
from ecorec.data.uneven_lines import first_uneven_line, quote_of, refuse_short_lines
from ecorec.data.value_types import Role, plain, refuse_type
from ecorec.errors import DataError

POSITION = "ecorec_position"
"""Column of a Parquet file written here, which says that rows stand in the order of time."""


@dataclass(frozen=True, eq=False)
class Table:
    """What a parser returns; ids are strings, so that leading zeros stay."""

    frame: pl.DataFrame
    """Columns `user` and `item`, and `rating`, `timestamp`, `title` where the file has them."""
    path: str
    first_line: int
    """Line of the file that the first row stands on, for messages."""
    unit: Literal["line", "row"] = "line"
    """What `first_line` counts; Parquet has no lines."""
    ordered: bool = False
    """Whether each user's rows stand in the order of time."""
    notes: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """Role -> name of its column in the file, where columns have names."""

    def values(self, role: Role) -> pl.Series:
        """Return the ratings or the timestamps; text is without blanks around it.

        Raises:
            DataError: Their type cannot be one of them.
        """
        column = self.frame[role]
        refuse_type(role, self.names.get(role, role), column.dtype, self.path)
        return column

    def place(self, row: int) -> str:
        """Return where a row of the frame stands, for messages."""
        return f"{self.path}, {self.unit} {self.first_line + row:,}"


def read_parquet(raw: bytes, path: Path, columns: Mapping[str, str]) -> Table:
    """Read Parquet with named columns; the path is for messages."""
    try:
        frame = pl.read_parquet(io.BytesIO(raw))
    except pl.exceptions.PolarsError as error:
        message = f"{path} is not a readable Parquet file: {str(error).splitlines()[0]}"
        raise DataError(message, hint="write it again, or give a CSV file") from None
    table = _choose(frame, path, columns, first_line=1, unit="row")
    ids = [_as_id(table.frame[role], path) for role in ("user", "item")]
    return replace(table, frame=table.frame.with_columns(ids), ordered=POSITION in frame.columns)


def _as_id(column: pl.Series, path: Path) -> pl.Series:
    """Return ids that can become text; whole numbers stored as floats lose their `.0`."""
    if column.dtype.is_nested() or column.dtype == pl.Binary:
        message = f"{path}: the {column.name} ids are of type {column.dtype}; expected one value"
        raise DataError(message, hint="write one interaction a row, with ids as text or numbers")
    if column.dtype.is_float():
        whole = column.fill_nan(None).cast(pl.Int64, strict=False)
        if (whole.cast(pl.Float64) == column).fill_null(value=True).all():
            # A column with a missing id is stored as floats by pandas: 7 became 7.0.
            return whole
    return column


def read_named(text: str, path: Path, columns: Mapping[str, str]) -> Table:
    """Read CSV or TSV with a header, RecBole's `.inter` among them."""
    header = text.split("\n", 1)[0]
    separator = max("\t,;|", key=header.count)
    if separator not in header and len(header.split()) > 1:
        text, separator = _single_spaced(text), " "
    frame = _split(text, separator, path, header=True)
    table = _choose(frame, path, columns, first_line=2, unit="line")
    found = find_columns(frame.columns, columns, str(path))
    places = {role: frame.columns.index(column) for role, column in found.items()}
    refuse_short_lines(table.frame, places, text, separator, path)
    return table


def _choose(
    frame: pl.DataFrame,
    path: Path,
    columns: Mapping[str, str],
    first_line: int,
    unit: Literal["line", "row"],
) -> Table:
    found = find_columns(frame.columns, columns, str(path))
    for column in found.values():
        if f"{column}_duplicated_0" in frame.columns:
            message = f"{path} has two columns called `{column}`"
            raise DataError(message, hint="rename one of them in the file")
    if not frame.height:
        message = f"{path} has a header but no interactions"
        raise DataError(message, hint="it should hold one interaction a line")
    chosen = frame.select(
        plain(role, found[role], frame.schema[found[role]]) for role in ROLES if role in found
    )
    named = ", ".join(found[role].split(":")[0].strip() for role in found)
    note = f"columns {named} -> {', '.join(found)}"
    return Table(chosen, str(path), first_line, unit, notes=(note,), names=found)


def read_positional(text: str, path: Path, separator: str, roles: tuple[str, ...]) -> Table:
    """Read a file without a header, whose columns stand in a known order."""
    if len(separator) > 1:
        text, separator = text.replace(separator, "\t"), "\t"
    elif separator == " ":
        text = _single_spaced(text)
    frame = _split(text, separator, path, header=False)
    frame = frame.select(
        plain(role, frame.columns[at], pl.String()) for at, role in enumerate(roles)
    )
    places = {role: at for at, role in enumerate(roles)}
    refuse_short_lines(frame, places, text, separator, path)
    notes = [f"no header: columns read as {', '.join(roles)}"]
    ordered = roles == ("user", "item")
    if ordered:
        notes.append("no timestamps: lines taken to stand in the order of time")
    return Table(frame, str(path), first_line=1, ordered=ordered, notes=tuple(notes))


def _single_spaced(text: str) -> str:
    if "  " not in text and " \n" not in text and "\n " not in text and "\t" not in text:
        return text
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))


def _split(text: str, separator: str, path: Path, *, header: bool) -> pl.DataFrame:
    try:
        return pl.read_csv(
            io.BytesIO(text.rstrip("\r\n").encode()),
            separator=separator,
            has_header=header,
            infer_schema=False,
            quote_char=quote_of(separator),
        )
    except pl.exceptions.PolarsError as error:
        what, hint = _wrong_lines(text, separator) or (f": {str(error).splitlines()[0]}", EVEN)
        raise DataError(f"{path}{what}", hint=hint) from None


def _wrong_lines(text: str, separator: str) -> tuple[str, str] | None:
    """Return what is wrong with the first line that cannot be read, and its cure."""
    stray = first_stray_quote(text, separator) if quote_of(separator) else None
    # Behind a stray quote, columns cannot be counted.
    uneven = first_uneven_line(text if stray is None else text[: stray[0]], separator)
    if uneven is not None:
        return uneven, EVEN
    return None if stray is None else (stray[1], QUOTES)


def read_adjacency_lines(path: Path) -> tuple[list[str], list[str]]:
    """Read LightGCN's format: each line a user and then that user's items."""
    users: list[str] = []
    items: list[str] = []
    for line in decode(read_bytes(path), path).splitlines():
        words = line.split()
        users += words[:1] * (len(words) - 1)
        items += words[1:]
    return users, items
