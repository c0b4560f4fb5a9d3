"""Points in time as Unix seconds, from numbers or from dates."""

from collections.abc import Callable

import polars as pl

from ecorec.errors import DataError

FINER_UNITS = ((1e17, 1_000_000_000), (1e14, 1_000_000), (1e11, 1_000))
"""Numbers above the first are that many to a second: nano-, micro-, milliseconds.

In seconds, 1e11 is the year 5138; in milliseconds, 1e14 is; in microseconds, 1e17 is.
"""

YEAR_1, YEAR_9999 = -62_135_596_800, 253_402_300_799
"""What a calendar can show; outside it, a number is no point in time."""

OFFSET = r":\d{2}(?:\.\d+)?\s?([+-])(\d{2}):?(\d{2})$"


def to_seconds(
    column: pl.Series,
    place: Callable[[int], str],
    pattern: str | None,
    largest: float | None = None,
) -> pl.Series:
    """Return Unix seconds as integers.

    Args:
        column: Numbers, dates, datetimes or their text.
        place: Says where a row stands, for messages.
        pattern: strptime format of text; without it, numbers and ISO 8601 are understood.
        largest: The largest number of all that the column is a part of; by it their unit is
            told. Of the column itself, if not given.

    Raises:
        DataError: Naming the first line that cannot be read.
    """
    if column.dtype in (pl.Date, pl.Datetime):
        seconds = column.cast(pl.Datetime("us")).dt.epoch("s")
    elif pattern is not None:
        text = column.cast(pl.String).str.strip_chars()
        seconds = text.str.to_datetime(pattern, strict=False).dt.epoch("s")
    else:
        numbers = column.cast(pl.Float64, strict=False)
        # The first value decides, so that a bad one further down is the one that is named.
        is_number = bool(column.len()) and numbers[0] is not None
        seconds = (
            _from_numbers(numbers, largest) if is_number else _from_iso(column.cast(pl.String))
        )
    bad = (seconds.is_null() | ~seconds.is_between(YEAR_1, YEAR_9999)).fill_null(value=True)
    if bad.any():
        row = int(bad.arg_max() or 0)
        value = column[row]
        what = "is empty" if value is None or value == "" else f"`{value}` is not a date"
        form = f" in the format `{pattern}`" if pattern and value else ""
        message = f"{place(row)}: timestamp {what}{form}"
        hint = "give its --timestamp-format, or name the other columns: --columns user=…,item=…"
        raise DataError(message, hint=hint)
    return seconds


def _from_numbers(numbers: pl.Series, largest: float | None) -> pl.Series:
    finite = numbers.set(~numbers.is_finite().fill_null(value=False), None)
    if largest is None:
        largest = float(finite.abs().max() or 0)  # type: ignore[arg-type]
    per_second = next((scale for above, scale in FINER_UNITS if largest > above), 1)
    return (finite / per_second).floor().cast(pl.Int64)


def _from_iso(column: pl.Series) -> pl.Series:
    text = column.str.strip_chars().str.replace("T", " ").str.replace(r"\s?Z$", "")
    east = pl.Series([0], dtype=pl.Int64)
    if text.str.contains(OFFSET).any():
        hours, minutes = (text.str.extract(OFFSET, at).cast(pl.Int64) for at in (2, 3))
        sign = (text.str.extract(OFFSET, 1) == "+").cast(pl.Int64) * 2 - 1
        east = (sign * (hours * 3600 + minutes * 60)).fill_null(0)
        text = text.str.replace(r"(:\d{2}(?:\.\d+)?)\s?[+-]\d{2}:?\d{2}$", "${1}")
    parsed = text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False)
    for pattern in ("%Y-%m-%d %H:%M", "%Y-%m-%d"):
        parsed = parsed.fill_null(text.str.to_datetime(pattern, strict=False))
    return parsed.dt.epoch("s") - east
