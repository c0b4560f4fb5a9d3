"""Which types of a Parquet column can be ratings, and which timestamps."""

from typing import Any, Literal

import polars as pl

from ecorec.errors import DataError

Role = Literal["rating", "timestamp"]

WORDS = (pl.Categorical, pl.Enum)
"""Text whose words are stored once each, as pandas writes a column of its type `category`."""

BESIDES: dict[Role, tuple[Any, ...]] = {
    "rating": (pl.Boolean,),
    "timestamp": (pl.Date, pl.Datetime),
}
"""What a role can be besides numbers and text."""

EXPECTED: dict[Role, str] = {
    "rating": "numbers",
    "timestamp": "dates with or without a time of day, or numbers",
}


def as_text(column: str, kind: Any) -> pl.Expr:
    """Return a column as it is, or as text if it is made of words that are stored once each."""
    return pl.col(column).cast(pl.String) if kind in WORDS else pl.col(column)


def refuse_type(role: Role, column: str, kind: Any, path: str) -> None:
    """Make sure that a column can be what it is taken for: a time of day, say, is no point in time.

    Args:
        role: What it is taken for.
        column: Its name in the file.
        kind: Its polars type.
        path: Of the file.

    Raises:
        DataError: Naming column and type.
    """
    # A column without any value is of type Null; what is said of it then is that rows are empty.
    usual = kind.is_numeric() or kind in (pl.String, pl.Null, *WORDS)
    if usual or kind in BESIDES[role]:
        return
    message = f"{path}: the {role}s (`{column}`) are of type {kind}; expected {EXPECTED[role]}"
    hint = f"write them as such, leave them out, or name another column: --columns {role}=…"
    raise DataError(message, hint=hint)
