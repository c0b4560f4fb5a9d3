"""Points in time as Unix seconds, from numbers or from dates."""

import polars as pl

from ecorec.errors import DataError

MILLISECONDS_FROM = 100_000_000_000
"""Numbers above this (the year 5138 in seconds) are milliseconds."""


def to_seconds(column: pl.Series, path: str, first_line: int, pattern: str | None) -> pl.Series:
    """Return Unix seconds as integers.

    Args:
        column: Numbers, dates, datetimes or their text.
        path: For messages.
        first_line: Line of the first value, for messages.
        pattern: strptime format of text; without it, numbers and ISO 8601 are understood.

    Raises:
        DataError: Naming the first line that cannot be read.
    """
    if column.dtype.is_temporal():
        return column.cast(pl.Datetime("ms")).dt.epoch("s")
    if pattern is not None:
        parsed = column.cast(pl.String).str.to_datetime(pattern, strict=False)
        seconds = parsed.dt.epoch("s")
    else:
        numbers = column.cast(pl.Float64, strict=False)
        if numbers.null_count() < column.len() / 2:
            scale = 1000 if (numbers.max() or 0) > MILLISECONDS_FROM else 1  # type: ignore[operator]
            finite = numbers.is_finite().fill_null(value=False)
            seconds = (numbers / scale).set(~finite, None).floor().cast(pl.Int64)
        else:
            seconds = _from_iso(column.cast(pl.String))
    bad = seconds.is_null().arg_max() if seconds.null_count() else None
    if bad is not None:
        message = f"{path}, line {first_line + bad:,}: timestamp `{column[bad]}` is not a date"
        hint = "give its --timestamp-format, or leave the column out: --columns user=…,item=…"
        raise DataError(message, hint=hint)
    return seconds


def _from_iso(column: pl.Series) -> pl.Series:
    text = column.str.strip_chars().str.replace("T", " ").str.replace(r"(Z|\+00:?00)$", "")
    parsed = text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False)
    for pattern in ("%Y-%m-%d %H:%M", "%Y-%m-%d"):
        parsed = parsed.fill_null(text.str.to_datetime(pattern, strict=False))
    return parsed.dt.epoch("s")
