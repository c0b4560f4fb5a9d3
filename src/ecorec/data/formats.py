"""Which parser reads which file: by its first bytes, its name or its first line."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecorec.data.columns import SYNONYMS, folded
from ecorec.data.dataset import TEST, TRAIN, VALID
from ecorec.data.raw_file import PARQUET, decode, read_bytes
from ecorec.data.table import Table, read_adjacency_lines, read_named, read_parquet, read_positional
from ecorec.errors import DataError

MOVIELENS = ("user", "item", "rating", "timestamp")
LARGEST_RATING = 1_000_000
"""A third column below this is a rating: as Unix seconds it would lie in January 1970."""

GIVEN_FILES = (("train.txt", TRAIN), ("valid.txt", VALID), ("test.txt", TEST))
PACKED = ("", ".gz", ".xz")


def read_table(path: Path, columns: Mapping[str, str]) -> Table:
    """Read one file of interactions in any known format.

    `u.data` (tabs), `ratings.dat` (`::`), files with a header (CSV, TSV, Parquet, `.inter`),
    `user,item,rating,timestamp` without one (Amazon), and `user item` lines in time order.

    Raises:
        DataError: The file cannot be read in any of them.
    """
    raw = read_bytes(path)
    if path.suffix == ".parquet" or raw.startswith(PARQUET):
        return read_parquet(raw, path, columns)
    text = decode(raw, path)
    first, _, rest = text.partition("\n")
    first = first.strip()
    if first.startswith(("{", "[")):
        message = f"{path} looks like JSON{' lines' if first.endswith('}') else ''}"
        raise DataError(message, hint="write it as CSV or Parquet first: one interaction a row")
    if "::" in first:
        return read_positional(text, path, "::", MOVIELENS)
    if columns or _looks_like_header(first, rest[:1000].split("\n", 1)[0]):
        return read_named(text, path, columns)
    for separator in "\t,;|":
        fields = first.split(separator)
        if len(fields) > 1:
            return read_positional(text, path, separator, _roles(fields))
    if len(first.split()) == 2:
        return read_positional(text, path, " ", ("user", "item"))
    message = f"{path}: the first line `{first[:60]}` fits no known format"
    hint = "a header with user and item columns works: see `ecorec data import --help`"
    if len(first.split()) > 2:
        hint = "for `user item item …` lines, give the folder that holds train.txt and test.txt"
    raise DataError(message, hint=hint)


def _roles(fields: list[str]) -> tuple[str, ...]:
    """Return what the columns of a file without a header are, from its first line."""
    if len(fields) != 3:
        return MOVIELENS[: 2 if len(fields) == 2 else 4]
    try:
        is_rating = abs(float(fields[2].strip('" '))) < LARGEST_RATING
    except ValueError:
        is_rating = False
    return ("user", "item", "rating" if is_rating else "timestamp")


def _looks_like_header(line: str, following: str) -> bool:
    separated = re.split(r"[\t,;|]", line)
    words = separated if len(separated) > 1 else line.split()
    known = {name for names in SYNONYMS.values() for name in names}
    if any(folded(word.split(":")[0].strip('" ')) in known for word in words):
        return True
    # Names that are not known: without this, `who,what` would become an interaction.
    return len(separated) > 1 and not _has_digit(line) and _has_digit(following)


def _has_digit(line: str) -> bool:
    return any(character.isdigit() for character in line)


def given_files(folder: Path) -> list[Path]:
    """Return every file that a folder in LightGCN's format may hold."""
    return [file for name, _ in GIVEN_FILES for file in _packings(folder, name)]


def _packings(folder: Path, name: str) -> list[Path]:
    return [folder / (name + end) for end in PACKED]


def read_given_split(folder: Path) -> tuple[Table, NDArray[np.int8]]:
    """Read a folder in LightGCN's format with its own fixed split.

    Raises:
        DataError: `train.txt` or `test.txt` is missing.
    """
    users: list[str] = []
    items: list[str] = []
    parts: list[NDArray[np.int8]] = []
    for name, part in GIVEN_FILES:
        path = next((file for file in _packings(folder, name) if file.exists()), None)
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
