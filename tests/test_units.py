"""Amounts as people read them."""

import pytest

from ecorec.units import format_count, format_energy, format_mass


@pytest.mark.parametrize(
    ("joules", "words"),
    [
        (0.0, "0 J"),
        (0.0002, "0.2 mJ"),
        (0.0336, "33.6 mJ"),
        (1.0, "1 J"),
        (999.4, "999 J"),
        (2_434.0, "2.43 kJ"),
        (-1500.0, "-1.5 kJ"),
        (1.2e6, "1.2 MJ"),
        (5.6e9, "5,600 MJ"),
    ],
)
def test_joules(joules: float, words: str) -> None:
    assert format_energy(joules) == words


def test_nothing_is_nothing_of_the_unit_itself() -> None:
    assert format_mass(0.0) == "0 g"
    assert format_count(0.0) == "0"
    assert format_mass(2.5e-6) == "2.5 µg"
