"""Unit conversions: the only place where 3.6e6 appears, and where units of energy are read."""

import re
from math import isfinite

JOULES_PER_KWH = 3.6e6
"""Joules in one kilowatt-hour."""

SECONDS_PER_DAY = 86_400.0

JOULES = {
    "mJ": 1e-3,
    "J": 1.0,
    "kJ": 1e3,
    "MJ": 1e6,
    "Wh": JOULES_PER_KWH / 1e3,
    "kWh": JOULES_PER_KWH,
}
"""Joules in each unit of energy that can be written."""


def kwh_from_joules(energy_j: float) -> float:
    """Return kilowatt-hours for joules."""
    return energy_j / JOULES_PER_KWH


def joules_from_kwh(energy_kwh: float) -> float:
    """Return joules for kilowatt-hours."""
    return energy_kwh * JOULES_PER_KWH


def joules_of(unit: str) -> float:
    """Return the joules of a unit; its case matters where another case is another unit.

    Raises:
        ValueError: It is no unit of energy, or may be millijoules as well as megajoules.
    """
    if unit in JOULES:
        return JOULES[unit]
    meant = [name for name in JOULES if name.lower() == unit.lower()]
    if len(meant) > 1:
        message = f"`{unit}` may be {' or '.join(meant)}"
        raise ValueError(message)
    if not meant:
        message = f"`{unit}` is no unit of energy"
        raise ValueError(message)
    return JOULES[meant[0]]


def parse_amount(text: str) -> tuple[float, str]:
    """Read an amount above zero and its unit, e.g. `200kJ`, `1.5e3 J`, `2h`.

    Raises:
        ValueError: It is no such amount.
    """
    found = re.fullmatch(r"\s*([0-9.]+(?:e[+-]?\d+)?)\s*([a-z]+)\s*", text, re.IGNORECASE)
    try:
        number = float(found[1]) if found else 0.0
    except ValueError:
        number = 0.0
    if found is None or not (number > 0 and isfinite(number)):
        message = f"`{text}` is no number above zero with its unit"
        raise ValueError(message)
    return number, found[2]


def parse_energy(text: str) -> float:
    """Read an energy above zero in joules, e.g. 200,000 of `200kJ`.

    Raises:
        ValueError: It is no number above zero with a unit of energy.
    """
    number, unit = parse_amount(text)
    return number * joules_of(unit)


def _scaled(value: float, steps: list[tuple[float, str]]) -> str:
    """Return a value in the largest unit that it fills once it is rounded, largest unit first."""
    if value == 0:
        return f"0 {next(unit for size, unit in steps if size == 1.0)}"
    at = next((i for i, (size, _) in enumerate(steps) if abs(value) >= size), None)
    if at is None:
        size, unit = steps[-1]
        return f"{value / size:.2g} {unit}"
    rounded = _rounded(value / steps[at][0])
    if at and abs(rounded) >= steps[at - 1][0] / steps[at][0]:
        at -= 1
        rounded = _rounded(value / steps[at][0])
    number = f"{rounded:.3g}" if abs(rounded) < 1000 else f"{rounded:,.0f}"
    return f"{number} {steps[at][1]}"


def _rounded(value: float) -> float:
    """Return a value to three digits, or to a whole number where it has more before the point."""
    return float(f"{value:.3g}") if abs(value) < 1000 else float(round(value))


def format_energy(energy_j: float) -> str:
    """Return joules as a person reads them, e.g. `61 J`, `2.4 kJ`, `1.2 MJ`."""
    return _scaled(energy_j, [(1e6, "MJ"), (1e3, "kJ"), (1.0, "J"), (1e-3, "mJ")])


def format_power(watts: float) -> str:
    """Return watts as a person reads them, e.g. `61.5 mW`, `2.4 W`."""
    return _scaled(watts, [(1e3, "kW"), (1.0, "W"), (1e-3, "mW"), (1e-6, "µW")])


def format_mass(emissions_g: float) -> str:
    """Return grams of CO2-eq as a person reads them, e.g. `0.2 g`, `1.4 kg`."""
    return _scaled(emissions_g, [(1e6, "t"), (1e3, "kg"), (1.0, "g"), (1e-3, "mg"), (1e-6, "µg")])


def format_count(value: float) -> str:
    """Return a large count as a person reads it, e.g. `1.24 G`, `310 M`, `12`."""
    return _scaled(value, [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")]).rstrip()


def format_duration(duration_s: float) -> str:
    """Return seconds as a person reads them, e.g. `160 µs`, `2.33 s`, `8 min 05 s`."""
    if round(duration_s, 1) < 60:
        return _scaled(duration_s, [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")])
    minutes, seconds = divmod(round(duration_s), 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def format_bytes(size_bytes: float) -> str:
    """Return bytes as a person reads them, in binary units, e.g. `310 MiB`."""
    return _scaled(size_bytes, [(2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B")])
