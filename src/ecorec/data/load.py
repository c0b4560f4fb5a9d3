"""From a name or a path to a data set: parse, filter, de-duplicate, index."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Shaped
from numpy.typing import NDArray

from ecorec.data import synthetic
from ecorec.data.cache import parsed_once
from ecorec.data.catalogue import CATALOGUE, CatalogueEntry, find_dataset
from ecorec.data.dataset import Dataset, DataSettings
from ecorec.data.dates import doubt
from ecorec.data.download import locate
from ecorec.data.filters import first_rows, k_core_rows
from ecorec.data.formats import given_files, read_given_split, read_table
from ecorec.data.interactions import Interactions, id_array
from ecorec.data.parsed import Parsed
from ecorec.data.partitioned import partitions, read_partitions
from ecorec.data.rows import rated, refuse_empty_ids
from ecorec.data.timestamps import to_microseconds, whole_seconds
from ecorec.data.titles import titles_beside, titles_in
from ecorec.errors import DataError


def load_dataset(
    name_or_path: str,
    settings: DataSettings | None = None,
    *,
    data_path: Path | None = None,
) -> Dataset:
    """Return a data set's interactions after every filter that was asked for.

    Args:
        name_or_path: A name of the catalogue, a path of a file, of a folder in LightGCN's format
            or of one that holds Parquet files, or a synthetic set such as
            `synthetic:block?users=900`.
        settings: Columns and filters.
        data_path: Where catalogue sets are looked for before they are downloaded.

    Raises:
        InputError: A name or a column is not known.
        DataError: The file cannot be read, settings say what it cannot have, or nothing is left
            after the filters.
    """
    settings = settings or DataSettings()
    if not name_or_path.strip():
        message = "the name of the data set is empty"
        raise DataError(message, hint="name one of `ecorec data list`, a file, or a folder")
    if name_or_path.startswith(synthetic.PREFIX):
        _refuse_unused(name_or_path, settings)
        whole = synthetic.from_name(name_or_path)
        return _k_core(Dataset(name_or_path, whole), settings)
    if name_or_path in CATALOGUE:
        entry = find_dataset(name_or_path)
        return _from_file(name_or_path, locate(entry, data_path), settings, entry)
    path = Path(name_or_path)
    if not path.exists() and not path.suffix and path.name == name_or_path:
        find_dataset(name_or_path)
    return _from_file(name_or_path, path, settings, None)


def _refuse_unused(name: str, settings: DataSettings) -> None:
    """Make sure that nothing is asked of columns where data are pairs of ids and no more."""
    stated = {
        "--columns": settings.columns or None,
        "--min-rating": settings.min_rating,
        "--timestamp-format": settings.timestamp_format,
    }
    unused = " and ".join(option for option, value in stated.items() if value is not None)
    if unused:
        message = f"`{name}` has no columns, no ratings and no dates: {unused} would do nothing"
        hint = f"drop {unused}, or set it in the [[section]] of a study's file that has other data"
        raise DataError(message, hint=hint)


def _from_file(
    name: str, path: Path, settings: DataSettings, entry: CatalogueEntry | None
) -> Dataset:
    given = given_files(path) if path.is_dir() else []
    is_split = any(file.exists() for file in given)
    if is_split:
        _refuse_unused(name, settings)
    parquet = partitions(path) if given and not is_split else []
    if parquet:
        # Not kept as well: it is as quick to read already, and a copy would have to be held whole.
        parsed, from_cache = _distinct(read_partitions(path, parquet, settings)), False
    else:
        parsed, from_cache = parsed_once(
            path, given or [path], settings, lambda: _parse(path, settings)
        )
    dataset = Dataset(
        name=name,
        interactions=parsed.interactions,
        parts=parsed.parts,
        titles=parsed.titles or (titles_beside(path) if entry else None),
        source=entry.homepage if entry else str(path),
        licence=entry.licence if entry else None,
        citation=entry.citation if entry else None,
        notes=(*parsed.notes, *([words] if (words := doubt(parsed.interactions)) else [])),
        filters=parsed.filters,
        from_cache=from_cache,
    )
    return _k_core(dataset, settings)


def _parse(path: Path, settings: DataSettings) -> Parsed:
    parts: NDArray[np.int8] | None = None
    if path.is_dir():
        table, parts = read_given_split(path)
    else:
        table = read_table(path, settings.columns)
    frame = table.frame
    refuse_empty_ids(table)
    filters: list[str] = []
    rows = np.arange(frame.height)
    if settings.min_rating is not None:
        rows = rows[rated(table, settings.min_rating)]
        filters.append(f"rating >= {settings.min_rating:g}")
    seconds = order = None
    if "timestamp" in frame.columns:
        column = to_microseconds(table.values("timestamp"), table.place, settings.timestamp_format)
        seconds, order = whole_seconds(column.to_numpy().astype(np.int64)[rows])
    whole = _index(
        frame[rows] if rows.size < frame.height else frame, seconds, ordered=table.ordered
    )
    parts = None if parts is None else parts[rows]
    if order is not None:
        whole, parts = whole.select(order), None if parts is None else parts[order]
    return _distinct(Parsed(whole, parts, titles_in(frame), table.notes, tuple(filters)))


def _distinct(parsed: Parsed) -> Parsed:
    """Return the first of each (user, item) pair."""
    whole, parts = parsed.interactions, parsed.parts
    key = np.zeros(len(whole), dtype=np.int64) if parts is None else parts.astype(np.int64)
    kept = first_rows(
        whole.users, whole.items, key if whole.timestamps is None else whole.timestamps
    )
    if kept.all():
        return parsed
    return Parsed(
        whole.select(kept),
        None if parts is None else parts[kept],
        parsed.titles,
        (*parsed.notes, f"{int((~kept).sum()):,} duplicates dropped"),
        (*parsed.filters, "first of each (user, item) pair"),
    )


def _index(
    frame: pl.DataFrame, seconds: NDArray[np.int64] | None, *, ordered: bool
) -> Interactions:
    """Return index arrays; vocabularies are in order of first occurrence."""

    def encode(role: str) -> tuple[NDArray[np.int64], Shaped[np.ndarray, " ids"]]:
        column = frame[role].cast(pl.String).str.strip_chars()
        ids = column.unique(maintain_order=True)
        mapping = pl.DataFrame({"id": ids, "index": np.arange(ids.len())})
        codes = column.to_frame("id").join(mapping, on="id", how="left", maintain_order="left")
        return codes["index"].to_numpy().astype(np.int64), id_array(ids.to_list())

    users, user_ids = encode("user")
    items, item_ids = encode("item")
    return Interactions(users, items, seconds, user_ids, item_ids, ordered=ordered)


def _k_core(dataset: Dataset, settings: DataSettings) -> Dataset:
    whole, parts = dataset.interactions, dataset.parts
    filters = list(dataset.filters)
    if settings.k_core and settings.k_core_scope == "all":
        kept = k_core_rows(whole.users, whole.items, settings.k_core)
        filters.append(f"{settings.k_core}-core over all interactions")
        whole = whole.select(kept)
        parts = None if parts is None else parts[kept]
    elif settings.k_core:
        filters.append(f"{settings.k_core}-core over training interactions")
    if not len(whole):
        message = f"`{dataset.name}`: nothing is left after {', then '.join(filters) or 'reading'}"
        raise DataError(message, hint="lower --k-core or --min-rating")
    return replace(
        dataset,
        interactions=whole.compacted(),
        parts=parts,
        train_core=settings.k_core if settings.k_core_scope == "train" else 0,
        filters=tuple(filters),
    )
