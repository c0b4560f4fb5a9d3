"""Amounts as people read them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecorec.units import (
    JOULES,
    format_bytes,
    format_count,
    format_duration,
    format_energy,
    format_mass,
    format_power,
    parse_energy,
)


@pytest.mark.parametrize(
    ("joules", "words"),
    [
        (0.0, "0 J"),
        (0.0002, "0.2 mJ"),
        (0.0336, "33.6 mJ"),
        (1.0, "1 J"),
        (999.4, "999 J"),
        (999.5, "1 kJ"),
        (999.6, "1 kJ"),
        (-999.6, "-1 kJ"),
        (0.9996, "1 J"),
        (999_600.0, "1 MJ"),
        (999_400.0, "999 kJ"),
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
    assert format_mass(999.7) == "1 kg"
    assert format_count(999_700.0) == "1 M"


def test_bytes_go_by_1024() -> None:
    assert format_bytes(999.7) == "1,000 B"
    assert format_bytes(1023.0) == "1,023 B"
    assert format_bytes(1023.7 * 2**10) == "1 MiB"
    assert format_bytes(1023.2 * 2**10) == "1,023 KiB"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 s"),
        (0.00016, "160 µs"),
        (0.00323, "3.23 ms"),
        (0.3204, "320 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1 s"),
        (2.334, "2.33 s"),
        (59.94, "59.9 s"),
        (59.97, "1 min 00 s"),
        (485.2, "8 min 05 s"),
        (3599.6, "1 h 00 min"),
    ],
)
def test_seconds(seconds: float, words: str) -> None:
    assert format_duration(seconds) == words


SIZES = {"mJ": 1e-3, "J": 1.0, "kJ": 1e3, "MJ": 1e6}


@given(st.floats(1e-3, 1e15), st.sampled_from([1, -1]))
@example(999.5, 1)
@example(0.9995, 1)
def test_joules_are_three_digits_of_the_largest_unit_that_they_fill(size: float, sign: int) -> None:
    number, unit = format_energy(sign * size).split()
    assert "e" not in number
    value = float(number.replace(",", ""))
    assert value * sign >= 1
    assert unit == "MJ" or value * sign < 1000
    # Half of the third digit, and what floats are off by.
    assert value * SIZES[unit] == pytest.approx(sign * size, rel=0.00501)


@pytest.mark.parametrize(
    ("watts", "words"), [(0.0615, "61.5 mW"), (0.9999, "1 W"), (2.4, "2.4 W"), (1250.0, "1.25 kW")]
)
def test_watts(watts: float, words: str) -> None:
    assert format_power(watts) == words


@given(st.floats(1e-5, 59.9))
def test_no_unit_of_time_is_filled(seconds: float) -> None:
    number, unit = format_duration(seconds).split()
    assert float(number) < {"µs": 1000, "ms": 1000, "s": 60}[unit]
    size = {"µs": 1e-6, "ms": 1e-3, "s": 1}[unit]
    assert float(number) * size == pytest.approx(seconds, rel=0.00501)


@pytest.mark.parametrize(
    ("text", "joules"),
    [
        ("200kJ", 200e3),
        ("200 KJ", 200e3),
        ("200mJ", 0.2),
        ("200MJ", 200e6),
        (" 1.5e3 j ", 1500.0),
        (".5 Wh", 1800.0),
        ("0.1kwh", 360e3),
    ],
)
def test_energy_as_typed(text: str, joules: float) -> None:
    assert parse_energy(text) == pytest.approx(joules)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        # Another case of the two is a thousand million times as much, and never guessed.
        ("200mj", "`mj` may be mJ or MJ"),
        ("200Mj", "`Mj` may be mJ or MJ"),
        ("2 g", "`g` is no unit of energy"),
        ("kJ", "is no number above zero with its unit"),
        ("0 J", "is no number above zero with its unit"),
        ("-1 J", "is no number above zero with its unit"),
        ("1e999 J", "is no number above zero with its unit"),
        ("1..2 J", "is no number above zero with its unit"),
        ("5", "is no number above zero with its unit"),
    ],
)
def test_energy_as_mistyped(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_energy(text)


@given(st.floats(1e-3, 1e9), st.sampled_from(sorted(JOULES)))
def test_every_unit_is_read_as_it_is_written(number: float, unit: str) -> None:
    assert parse_energy(f"{number} {unit}") == pytest.approx(number * JOULES[unit])
