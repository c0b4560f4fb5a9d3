"""From when to when interactions are, and whether that can be."""

import datetime as dt

from ecorec.data.interactions import Interactions

ORDINALS_BELOW = 1_000_000
"""Timestamps up to here are places in an order (1, 2, 3, …), of which there is no date."""


def span(interactions: Interactions) -> tuple[str, str] | None:
    """Return the first and the last date, ISO 8601 in UTC; `None` where there are none."""
    times = interactions.timestamps
    if times is None or not times.size:
        return None
    return _date(int(times.min())), _date(int(times.max()))


def doubt(interactions: Interactions) -> str | None:
    """Return why dates cannot be right, in words; `None` where they may be.

    What is in 1970 was read in a wrong unit: milliseconds among seconds, days, or digits of a date.
    """
    found = span(interactions)
    if found is None or interactions.timestamps is None:
        return None
    if interactions.timestamps.max() < ORDINALS_BELOW or not found[0].startswith("1970"):
        return None
    first, last = (date.partition("-")[0] for date in found)
    years = (
        f"run from {first} to {last}: mixed units"
        if last != first
        else "are all in 1970: another unit"
    )
    return f"dates {years}? (--timestamp-format %Y%m%d for 20240131)"


def _date(seconds: int) -> str:
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
    return moment.date().isoformat()
