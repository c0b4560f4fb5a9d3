"""Ranges with their unit once, whatever is written."""

from collections.abc import Callable

import pytest

from ecorec.report.ranges import between
from ecorec.units import format_energy, format_mass


@pytest.mark.parametrize(
    ("low", "high", "write", "text"),
    [
        (13.0, 39.0, format_energy, "13-39 J"),
        (0.65, 1.95, format_energy, "650 mJ-1.95 J"),
        (1200.0, 3400.0, format_mass, "1.2-3.4 kg"),
        (0.0, 2.0, "{:g}".format, "0-2"),
    ],
)
def test_range_has_its_unit_once_where_it_is_one(
    low: float, high: float, write: Callable[[float], str], text: str
) -> None:
    assert between(low, high, write) == text
