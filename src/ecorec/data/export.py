"""A data set as one Parquet file that ecorec reads again to the same interactions."""

from pathlib import Path

import numpy as np
import polars as pl

from ecorec.data.dataset import Dataset
from ecorec.data.table import POSITION
from ecorec.errors import DataError, InputError


def write_parquet(dataset: Dataset, out: Path) -> None:
    """Write user, item and, where the data has them, timestamp, order and title.

    The file is written under a temporary name and moved. Ratings have done their work by
    then (`min_rating`) and are not kept.

    Args:
        dataset: After its filters.
        out: A new file, or one to replace.

    Raises:
        DataError: The data set brings its own split, which one file cannot hold.
        InputError: `out` cannot be written.
    """
    if dataset.parts is not None:
        message = f"`{dataset.name}` has a split of its own, which one Parquet file would lose"
        raise DataError(message, hint=f"use the folder itself: --datasets {dataset.name}")
    if not out.parent.is_dir():
        message = f"{out} cannot be written: there is no folder {out.parent}"
        raise InputError(message, hint="give --out a file in a folder that exists")
    whole = dataset.interactions
    user_ids, item_ids = (pl.Series(ids.tolist()) for ids in (whole.user_ids, whole.item_ids))
    frame = pl.DataFrame({"user": user_ids[whole.users], "item": item_ids[whole.items]})
    if whole.timestamps is not None:
        frame = frame.with_columns(pl.Series("timestamp", whole.timestamps))
    elif whole.ordered:
        # Without it, reading again would not know that the rows stand in the order of time.
        frame = frame.with_columns(pl.Series(POSITION, np.arange(len(whole))))
    if dataset.titles is not None:
        titles = [dataset.titles.get(item) for item in frame["item"].to_list()]
        frame = frame.with_columns(pl.Series("title", titles, dtype=pl.String))
    unfinished = out.with_name(f".{out.name}.unfinished")
    try:
        frame.write_parquet(unfinished, compression="zstd")
        unfinished.replace(out)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        message = f"{out} cannot be written: {error.strerror or error}"
        raise InputError(message, hint="give --out a file that may be written") from None
