"""What a study's runs were warned of while they were measured, each warning once."""

import re
from collections.abc import Sequence

from ecorec.study.record import RunRecord

NUMBER = re.compile(r"(?<![\w.-])\d+(?:\.\d+)?(?=%| )")
"""A number that is an amount, and no part of a sensor's name."""


def warned(records: Sequence[RunRecord]) -> list[str]:
    """Return every warning with the number of runs that have it; none where all went well.

    Warnings that differ in their numbers only are one, with the lowest and highest of each.

    Args:
        records: Of one study.
    """
    groups: dict[str, list[list[str]]] = {}
    for record in records:
        # A record may have a warning several times, of several windows.
        for pattern, numbers in dict(map(_taken_apart, record.total.warnings)).items():
            groups.setdefault(pattern, []).append(numbers)
    return [
        f"{_filled(pattern, found)} ({len(found)} of {len(records)} runs)"
        for pattern, found in groups.items()
    ]


def _taken_apart(text: str) -> tuple[str, list[str]]:
    return NUMBER.sub("\0", text), NUMBER.findall(text)


def _filled(pattern: str, found: list[list[str]]) -> str:
    """Put the numbers back, as a range where they differ."""
    for place in zip(*found, strict=True):
        low, high = min(place, key=float), max(place, key=float)
        pattern = pattern.replace("\0", low if low == high else f"{low} to {high}", 1)
    return pattern
