"""What people call the items: from a column of the data, or from the publisher's file beside it."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from ecorec.data.raw_file import read_bytes

TITLE_FILES = {"u.data": "u.item", "ratings.dat": "movies.dat", "ratings.csv": "movies.csv"}
"""MovieLens: file of ratings -> file of titles in the same folder."""


def titles_in(frame: pl.DataFrame) -> dict[str, str] | None:
    """Return the first title of each item, if the table has a column of titles."""
    if "title" not in frame.columns:
        return None
    named = frame.select(pl.col("item").cast(pl.String), pl.col("title").cast(pl.String))
    named = named.drop_nulls().unique(subset="item", keep="first", maintain_order=True)
    return {item.strip(): title for item, title in named.iter_rows()} or None


def titles_beside(ratings: Path) -> dict[str, str] | None:
    """Return MovieLens's titles, if their file lies beside the file of ratings."""
    plain = ratings.name.removesuffix(".gz").removesuffix(".xz")
    if plain not in TITLE_FILES:
        return None
    path = ratings.with_name(TITLE_FILES[plain])
    if not path.is_file():
        return None
    raw = read_bytes(path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # GroupLens wrote the older sets in Latin-1, which reads any byte.
        text = raw.decode("latin1")
    return dict(_pairs(text, path.name)) or None


def _pairs(text: str, name: str) -> Iterator[tuple[str, str]]:
    if name == "movies.csv":
        lines = csv.reader(io.StringIO(text))
        next(lines, None)
        yield from ((row[0], row[1]) for row in lines if len(row) > 1)
        return
    separator = "::" if name == "movies.dat" else "|"
    for line in text.splitlines():
        fields = line.split(separator)
        if len(fields) > 1:
            yield fields[0], fields[1]
