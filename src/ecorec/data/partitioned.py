"""A folder of Parquet files as one set of interactions: read some rows at a time.

Nothing of the files is held but the ids and, for each interaction, whole numbers: its user, its
item and its time. A first pass finds the ids in the order in which they occur, a second one
replaces them by their indices.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecorec.data.columns import ROLES, find_columns
from ecorec.data.dataset import DataSettings
from ecorec.data.interactions import Interactions, id_array
from ecorec.data.parsed import Parsed
from ecorec.data.rows import rated, refuse_empty_ids
from ecorec.data.table import POSITION, Table
from ecorec.data.timestamps import to_microseconds, whole_seconds
from ecorec.data.titles import titles_in
from ecorec.data.value_types import WORDS, plain, refuse_type
from ecorec.errors import DataError

ROWS = 2**20
"""Rows that are read at a time."""


def partitions(folder: Path) -> list[Path]:
    """Return the Parquet files in a folder and in folders within it, in the order of their names.

    Empty where there are none. Names that begin with a dot or an underscore do not count: other
    programs leave such files behind. A folder may be called `orders.parquet`; its files count.
    """
    found = sorted(file for file in folder.rglob("*.parquet") if file.is_file())
    return [file for file in found if not _set_aside(file.relative_to(folder))]


def _set_aside(file: Path) -> bool:
    return any(part.startswith((".", "_")) for part in file.parts)


def read_partitions(folder: Path, files: list[Path], settings: DataSettings) -> Parsed:
    """Read a folder of Parquet files as if it were one file; repeated pairs are not dropped yet.

    Args:
        folder: For messages.
        files: What `partitions` found.
        settings: Columns and filters.

    Raises:
        DataError: A file cannot be read, lacks a column, or has ids that are no ids.
    """
    schemas = [_schema(file) for file in files]
    found = find_columns([*schemas[0]], settings.columns, str(files[0]))
    for file, schema in zip(files, schemas, strict=True):
        _check_columns(file, schema, found, files[0])
    source = _Source(files, found, settings)
    known: dict[str, pl.DataFrame] = {}
    titles: dict[str, str] = {}
    n_rows = 0
    for table in source.tables():
        refuse_empty_ids(table)
        titles = (titles_in(table.frame) or {}) | titles
        frame = source.kept(table)
        n_rows += frame.height
        for role in ("user", "item"):
            known[role] = _with_new_ids(known.get(role), frame[role])
    if not n_rows:
        message = f"{folder}: the Parquet files hold no interactions"
        raise DataError(message, hint="lower --min-rating, or look at the files")
    return Parsed(
        interactions=source.indexed(n_rows, known, all(POSITION in one for one in schemas)),
        parts=None,
        titles=titles or None,
        notes=(f"{len(files)} Parquet files, columns {', '.join(found.values())} -> "
               f"{', '.join(found)}",),
        filters=() if settings.min_rating is None else (f"rating >= {settings.min_rating:g}",),
    )  # fmt: skip


def _schema(file: Path) -> dict[str, Any]:
    try:
        return dict(pl.scan_parquet(file).collect_schema())
    except (pl.exceptions.PolarsError, OSError) as error:
        message = f"{file} is not a readable Parquet file: {str(error).splitlines()[0]}"
        raise DataError(message, hint="write it again, or take it out of the folder") from None


def _check_columns(file: Path, schema: dict[str, Any], found: dict[str, str], first: Path) -> None:
    for role, column in found.items():
        if column not in schema:
            message = f"{file} has no column `{column}`, from which {first} has the {role}"
            raise DataError(message, hint="every file of the folder needs the same columns")
        kind = schema[column]
        if role == "timestamp":
            refuse_type("timestamp", column, kind, str(file))
        is_text = kind in (pl.String, *WORDS)
        if role in ("user", "item") and not (is_text or kind.is_integer()):
            message = f"{file}: the {role} ids are of type {kind}; expected text or whole numbers"
            raise DataError(message, hint="write them as such, so that every file has them alike")


class _Source:
    """The files of a folder, as tables of some rows at a time."""

    def __init__(self, files: list[Path], found: dict[str, str], settings: DataSettings) -> None:
        self._files = files
        self._found = {role: found[role] for role in ROLES if role in found}
        self._settings = settings

    def tables(self) -> Iterator[Table]:
        """Yield the rows in the order of the files."""
        names = self._found
        for file in self._files:
            scan = pl.scan_parquet(file)
            schema = scan.collect_schema()
            wanted = [plain(role, name, schema[name]) for role, name in names.items()]
            n_rows = int(scan.select(pl.len()).collect().item())
            for start in range(0, n_rows, ROWS):
                frame = scan.slice(start, ROWS).select(wanted).collect(engine="streaming")
                yield Table(frame, str(file), first_line=start + 1, unit="row", names=names)

    def kept(self, table: Table) -> pl.DataFrame:
        """Return the rows that are rated highly enough."""
        if self._settings.min_rating is None:
            return table.frame
        return table.frame.filter(pl.Series(rated(table, self._settings.min_rating)))

    def indexed(self, n_rows: int, known: dict[str, pl.DataFrame], ordered: bool) -> Interactions:
        """Return the rows that are kept, their ids replaced by indices."""
        users, items = np.empty(n_rows, dtype=np.int64), np.empty(n_rows, dtype=np.int64)
        times = np.empty(n_rows, dtype=np.int64) if "timestamp" in self._found else None
        start, largest = 0, self._largest_time()
        for table in self.tables():
            frame = self.kept(table)
            rows = slice(start, start + frame.height)
            users[rows] = _codes(frame["user"], known["user"])
            items[rows] = _codes(frame["item"], known["item"])
            if times is not None:
                # Of all rows, so that one that cannot be read is named whether or not it is kept.
                pattern = self._settings.timestamp_format
                exact = to_microseconds(table.frame["timestamp"], table.place, pattern, largest)
                kept = self.kept(replace(table, frame=table.frame.with_columns(exact)))
                times[rows] = kept["timestamp"].to_numpy()
            start = rows.stop
        user_ids, item_ids = (id_array(known[role]["id"].to_list()) for role in ("user", "item"))
        seconds, order = (None, None) if times is None else whole_seconds(times)
        whole = Interactions(users, items, seconds, user_ids, item_ids, ordered=ordered)
        return whole if order is None else whole.select(order)

    def _largest_time(self) -> float | None:
        """Return the largest number among all times; `None` where they are not numbers."""
        if "timestamp" not in self._found:
            return None
        name, found = self._found["timestamp"], list[float]()
        for file in self._files:
            scan = pl.scan_parquet(file)
            kind = scan.collect_schema()[name]
            if kind in (pl.Date, pl.Datetime):
                return None
            number = plain("timestamp", name, kind).cast(pl.Float64, strict=False)
            finite = number.filter(number.is_finite()).abs().max()
            found.append(scan.select(finite).collect(engine="streaming").item() or 0.0)
        return max(found)


def _with_new_ids(known: pl.DataFrame | None, column: pl.Series) -> pl.DataFrame:
    """Return ids with their indices, and behind them those that occur for the first time."""
    here = _text(column).unique(maintain_order=True).alias("id").to_frame()
    if known is None:
        return here.with_columns(index=pl.int_range(pl.len(), dtype=pl.Int64))
    new = here.join(known, on="id", how="anti", maintain_order="left")
    places = pl.int_range(known.height, known.height + new.height, dtype=pl.Int64, eager=True)
    return known.extend(new.with_columns(places.alias("index")))


def _codes(column: pl.Series, known: pl.DataFrame) -> NDArray[np.int64]:
    frame = _text(column).alias("id").to_frame()
    codes = frame.join(known, on="id", how="left", maintain_order="left")["index"]
    return codes.to_numpy().astype(np.int64)


def _text(column: pl.Series) -> pl.Series:
    return column.cast(pl.String).str.strip_chars()
