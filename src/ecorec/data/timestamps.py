"""Points in time as Unix time, from numbers or from dates."""

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecorec.errors import DataError

FINER_UNITS = ((1e17, 1_000_000_000), (1e14, 1_000_000), (1e11, 1_000))
"""Numbers above the first are that many to a second: nano-, micro-, milliseconds.

In seconds, 1e11 is the year 5138; in milliseconds, 1e14 is; in microseconds, 1e17 is.
"""

YEAR_1, YEAR_9999 = -62_135_596_800, 253_402_300_799
"""What a calendar can show; outside it, a number is no point in time."""

PER_SECOND = 1_000_000
"""Microseconds."""

OFFSET = r":\d{2}(?:\.\d+)?\s?([+-])(\d{2}):?(\d{2})$"


def to_microseconds(
    column: pl.Series,
    place: Callable[[int], str],
    pattern: str | None,
    largest: float | None = None,
) -> pl.Series:
    """Return Unix microseconds as integers.

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
        times = column.cast(pl.Datetime("us")).dt.epoch("us")
    elif pattern is not None:
        text = column.cast(pl.String).str.strip_chars()
        times = text.str.to_datetime(pattern, strict=False).dt.epoch("us")
    else:
        numbers = column.cast(pl.Float64, strict=False)
        # The first value decides, so that a bad one further down is the one that is named.
        is_number = bool(column.len()) and numbers[0] is not None
        times = _from_numbers(numbers, largest) if is_number else _from_iso(column.cast(pl.String))
    after = (YEAR_9999 + 1) * PER_SECOND
    within = times.is_between(YEAR_1 * PER_SECOND, after, closed="left")
    bad = (times.is_null() | ~within).fill_null(value=True)
    if bad.any():
        row = int(bad.arg_max() or 0)
        value = column[row]
        what = "is empty" if value is None or value == "" else f"`{value}` is not a date"
        form = f" in the format `{pattern}`" if pattern and value else ""
        message = f"{place(row)}: timestamp {what}{form}"
        hint = "give its --timestamp-format, or name the other columns: --columns user=…,item=…"
        raise DataError(message, hint=hint)
    return times


def whole_seconds(
    microseconds: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """Return Unix seconds, and the order in which rows must stand for them to be enough.

    The order is that of the exact times, so that of equal seconds the later row is the later
    event. It is `None` where that is so already: most files stay as they are.
    """
    seconds = microseconds // PER_SECOND
    if np.array_equal(seconds * PER_SECOND, microseconds):
        return seconds, None
    exact = np.argsort(microseconds, kind="stable")
    if np.array_equal(exact, np.argsort(seconds, kind="stable")):
        return seconds, None
    return seconds, exact


def _from_numbers(numbers: pl.Series, largest: float | None) -> pl.Series:
    finite = numbers.set(~numbers.is_finite().fill_null(value=False), None)
    if largest is None:
        largest = float(finite.abs().max() or 0)  # type: ignore[arg-type]
    per_second = next((scale for above, scale in FINER_UNITS if largest > above), 1)
    seconds = finite / per_second
    whole = seconds.floor()
    whole = whole.set(~whole.is_between(YEAR_1, YEAR_9999).fill_null(value=False), None)
    # Apart from the whole seconds, which rounding must not change.
    fraction = ((seconds - whole) * PER_SECOND).round().clip(0, PER_SECOND - 1)
    return whole.cast(pl.Int64) * PER_SECOND + fraction.cast(pl.Int64)


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
    return parsed.dt.epoch("us") - east * PER_SECOND
