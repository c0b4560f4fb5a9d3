"""Which rows of a table can be used."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecorec.data.table import Table
from ecorec.errors import DataError


def refuse_empty_ids(table: Table) -> None:
    """Make sure that every row says who and what.

    Raises:
        DataError: Naming the first that does not.
    """
    for role in ("user", "item"):
        column = table.frame[role].cast(pl.String)
        empty = column.is_null() | column.str.strip_chars().str.to_lowercase().is_in(["", "nan"])
        if empty.any():
            message = f"{table.place(int(empty.arg_max() or 0))}: the {role} id is empty"
            hint = f"rows without {role} id in all: {int(empty.sum()):,}; remove them"
            raise DataError(message, hint=hint)


def rated(table: Table, min_rating: float) -> NDArray[np.bool_]:
    """Return which rows are rated at least so.

    Raises:
        DataError: There are no ratings, or what cannot be one.
    """
    if "rating" not in table.frame.columns:
        message = f"{table.path} has no ratings, which min_rating = {min_rating:g} needs"
        raise DataError(
            message, hint="name the column with --columns rating=…, or drop --min-rating"
        )
    # A NaN would pass: polars sorts it above every number.
    ratings = table.values("rating").cast(pl.Float64, strict=False).fill_nan(None)
    if ratings.null_count():
        row = int(ratings.is_null().arg_max() or 0)
        value = table.frame["rating"][row]
        what = "is empty" if value in (None, "") else f"`{value}` is no number"
        message = f"{table.place(row)}: rating {what}"
        raise DataError(message, hint="name another column with --columns rating=…")
    return (ratings >= min_rating).to_numpy()
