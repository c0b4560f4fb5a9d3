"""Ranges as people read them."""

from collections.abc import Callable


def between(low: float, high: float, write: Callable[[float], str]) -> str:
    """Return both ends of a range, the unit once where it is the same, e.g. `1.2-3.4 kJ`.

    Args:
        low: Its low end.
        high: Its high end.
        write: Writes a number with its unit, if it has one: `format_energy`, say.
    """
    first, last = write(low), write(high)
    if first.split()[1:] == last.split()[1:]:
        first = first.split()[0]
    return f"{first}-{last}"
