"""Which parser reads which file: by its name and, where that says nothing, its first line."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecorec.data.columns import SYNONYMS
from ecorec.data.dataset import TEST, TRAIN, VALID
from ecorec.data.table import (
    Table,
    decode,
    read_adjacency_lines,
    read_bytes,
    read_named,
    read_positional,
)
from ecorec.errors import DataError

MOVIELENS = ("user", "item", "rating", "timestamp")
GIVEN_FILES = (("train.txt", TRAIN), ("valid.txt", VALID), ("test.txt", TEST))


def read_table(path: Path, columns: Mapping[str, str]) -> Table:
    """Read one file of interactions in any known format.

    `u.data` (tabs), `ratings.dat` (`::`), files with a header (CSV, TSV, Parquet, `.inter`),
    `user,item,rating,timestamp` without one (Amazon), and `user item` lines in time order.

    Raises:
        DataError: The file cannot be read in any of them.
    """
    if path.suffix == ".parquet":
        return read_named(path, columns)
    raw = read_bytes(path)
    first = decode(raw[: 1 << 16].rsplit(b"\n", 1)[0] or raw, path).split("\n", 1)[0].strip()
    if "::" in first:
        return read_positional(path, "::", MOVIELENS)
    if columns or _looks_like_header(first):
        return read_named(path, columns)
    for separator in ("\t", ","):
        n_columns = first.count(separator) + 1
        if n_columns >= 4:
            return read_positional(path, separator, MOVIELENS)
        if n_columns == 3:
            return read_positional(path, separator, ("user", "item", "timestamp"))
        if n_columns == 2:
            return read_positional(path, separator, ("user", "item"))
    if len(first.split()) == 2:
        return read_positional(path, " ", ("user", "item"))
    message = f"{path}: the first line `{first[:60]}` fits no known format"
    hint = "a header with user and item columns works: see `ecorec data import --help`"
    raise DataError(message, hint=hint)


def _looks_like_header(line: str) -> bool:
    known = {name for names in SYNONYMS.values() for name in names}
    words = line.replace("\t", ",").replace(";", ",").replace("|", ",").split(",")
    folded = {word.split(":")[0].strip('" ').lower().replace("_", "") for word in words}
    return bool(folded & known)


def read_given_split(folder: Path) -> tuple[Table, NDArray[np.int8]]:
    """Read a folder in LightGCN's format with its own fixed split.

    Raises:
        DataError: `train.txt` or `test.txt` is missing.
    """
    users: list[str] = []
    items: list[str] = []
    parts: list[NDArray[np.int8]] = []
    for name, part in GIVEN_FILES:
        path = next(
            (p for p in (folder / (name + end) for end in ("", ".gz", ".xz")) if p.exists()), None
        )
        if path is None:
            if part == VALID:
                continue
            message = f"{folder} has no {name}"
            raise DataError(
                message, hint="a folder needs train.txt and test.txt: `user item item …` lines"
            )
        more_users, more_items = read_adjacency_lines(path)
        users, items = users + more_users, items + more_items
        parts.append(np.full(len(more_users), part, dtype=np.int8))
    frame = pl.DataFrame(
        {"user": users, "item": items}, schema={"user": pl.String, "item": pl.String}
    )
    return Table(frame=frame, path=str(folder), first_line=1), np.concatenate(parts)
