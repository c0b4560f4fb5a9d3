"""Which types of a column can be ratings, and which timestamps; how both are read."""

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


def plain(role: str, column: str, kind: Any) -> pl.Expr:
    """Return a column under the name of its role, as it is read.

    Words that are stored once each become text, and text of ratings and of timestamps loses the
    blanks around it: ` 5` is a number, too.
    """
    values = pl.col(column)
    if kind in WORDS:
        values = values.cast(pl.String)
    if role in EXPECTED and kind in (pl.String, *WORDS):
        values = values.str.strip_chars()
    return values.alias(role)


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
