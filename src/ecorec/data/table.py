"""Text and Parquet files as a table: user, item and, where there are, rating and time."""

import gzip
import io
import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zlib import error as zlib_error

import polars as pl

from ecorec.data.columns import ROLES, find_columns
from ecorec.errors import DataError


@dataclass(frozen=True, eq=False)
class Table:
    """What a parser returns; ids are strings, so that leading zeros stay."""

    frame: pl.DataFrame
    """Columns `user` and `item`, and `rating` and `timestamp` where the file has them."""
    path: str
    first_line: int
    """Line of the file that the first row stands on, for messages."""
    ordered: bool = False
    """Whether each user's rows stand in the order of time."""
    notes: tuple[str, ...] = ()


def read_bytes(path: Path) -> bytes:
    """Return a file's content, unpacked if it ends in `.gz` or `.xz`.

    Raises:
        DataError: The file is missing, empty, or breaks off.
    """
    if not path.is_file():
        message = f"{path} does not exist" if not path.exists() else f"{path} is not a file"
        raise DataError(
            message, hint="give the path of a file of interactions, or `ecorec data list`"
        )
    raw = path.read_bytes()
    try:
        if path.suffix == ".gz":
            raw = gzip.decompress(raw)
        elif path.suffix == ".xz":
            raw = lzma.decompress(raw)
    except (EOFError, OSError, lzma.LZMAError, zlib_error) as error:
        message = f"{path} cannot be unpacked: {str(error).rstrip('.').lower()}"
        raise DataError(message, hint="the file is damaged or incomplete: get it again") from None
    if not raw.strip():
        message = f"{path} is empty"
        raise DataError(message, hint="it should hold one interaction a line")
    return raw


def decode(raw: bytes, path: Path) -> str:
    """Return text, which must be UTF-8.

    Raises:
        DataError: Naming the line of the first byte that is not.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        message = f"{path}, line {line:,}: byte 0x{raw[error.start]:02x} is not UTF-8"
        hint = f"convert the file first, e.g. iconv -f latin1 -t utf-8 {path.name}"
        raise DataError(message, hint=hint) from None


def read_named(path: Path, columns: Mapping[str, str]) -> Table:
    """Read CSV, TSV or Parquet with a header, RecBole's `.inter` among them."""
    if path.suffix == ".parquet":
        read_bytes(path)
        try:
            frame = pl.read_parquet(path)
        except pl.exceptions.PolarsError as error:
            message = f"{path} is not a readable Parquet file: {str(error).splitlines()[0]}"
            raise DataError(message, hint="write it again, or give a CSV file") from None
    else:
        text = decode(read_bytes(path), path)
        header = text.split("\n", 1)[0]
        separator = max("\t,;|", key=header.count)
        frame = _split(text, separator, path, header=True)
    found = find_columns(frame.columns, columns, str(path))
    chosen = frame.select(pl.col(found[role]).alias(role) for role in ROLES if role in found)
    named = ", ".join(found[role].split(":")[0] for role in found)
    return Table(
        frame=chosen,
        path=str(path),
        first_line=2,
        notes=(f"columns {named} -> {', '.join(found)}",),
    )


def read_positional(path: Path, separator: str, roles: tuple[str, ...]) -> Table:
    """Read a file without a header, whose columns stand in a known order."""
    text = decode(read_bytes(path), path)
    if len(separator) > 1:
        text = text.replace(separator, "\t")
        separator = "\t"
    frame = _split(text, separator, path, header=False)
    if frame.width < len(roles):
        message = f"{path} has {frame.width} columns; expected {', '.join(roles)}"
        raise DataError(message, hint="name the columns with --columns user=…,item=…,timestamp=…")
    frame = frame.select(pl.col(frame.columns[at]).alias(role) for at, role in enumerate(roles))
    return Table(frame=frame, path=str(path), first_line=1, ordered="timestamp" not in roles)


def _split(text: str, separator: str, path: Path, *, header: bool) -> pl.DataFrame:
    try:
        return pl.read_csv(
            io.BytesIO(text.encode()),
            separator=separator,
            has_header=header,
            infer_schema=False,
            quote_char='"' if separator == "," else None,
        )
    except pl.exceptions.PolarsError as error:
        message = f"{path} cannot be read as a table: {str(error).splitlines()[0]}"
        raise DataError(message, hint="every line needs the same number of columns") from None


def read_adjacency_lines(path: Path) -> tuple[list[str], list[str]]:
    """Read LightGCN's format: each line a user and then that user's items."""
    users: list[str] = []
    items: list[str] = []
    for line in decode(read_bytes(path), path).splitlines():
        user, *listed = line.split()[:1] + line.split()[1:] or [""]
        users += [user] * len(listed)
        items += listed
    return users, items
