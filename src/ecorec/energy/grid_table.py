"""Yearly averages of the world's grids: one row a country and year, each with its source."""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from ecorec.energy.codecarbon_data import codecarbon_version, energy_mixes
from ecorec.energy.countries import country_name, resolve_country
from ecorec.errors import DataError, InputError

COLUMNS = ("country", "year", "g_per_kwh", "source")


@dataclass(frozen=True)
class YearlyAverage:
    """Grams of CO2-eq a kilowatt-hour of one country in one year, by where it is."""

    country: str
    """ISO 3166 alpha-3."""
    year: int
    g_per_kwh: float
    source: str


class GridTable:
    """Yearly averages by country.

    Args:
        rows: At most one a country and year.
        name: What the table is called where it lacks something.
    """

    def __init__(self, rows: Iterable[YearlyAverage], name: str) -> None:
        self._name = name
        self._rows: dict[str, dict[int, YearlyAverage]] = {}
        for row in rows:
            self._rows.setdefault(row.country, {})[row.year] = row

    def years(self, code: str) -> tuple[YearlyAverage, ...]:
        """Return every year of a country, the earliest first; none if the table lacks it.

        Args:
            code: ISO 3166 alpha-3.
        """
        return tuple(row for _, row in sorted(self._rows.get(code, {}).items()))

    def find(self, code: str, year: int | None = None) -> YearlyAverage:
        """Return a country's average over a year.

        Args:
            code: ISO 3166 alpha-3.
            year: The latest that the table has, if not given; never a near one in its place.

        Raises:
            InputError: The table lacks the country or the year.
        """
        years, name = self.years(code), country_name(code)
        if not years:
            message = f"there is no grid intensity for {code} ({name}) in {self._name}"
            hint = "state one with --intensity-g-per-kwh, or a table with --intensity-table"
            raise InputError(message, hint=hint)
        if year is None:
            return years[-1]
        if year not in self._rows[code]:
            message = f"there is no grid intensity for {name} in {year} in {self._name}"
            known = ", ".join(str(row.year) for row in years)
            raise InputError(message, hint=f"{name} has {known}; or state --intensity-g-per-kwh")
        return self._rows[code][year]


@cache
def bundled_table() -> GridTable:
    """Return the table that ships with ecorec.

    Countries that it lacks have the one year of codecarbon's table, with that as their source.
    """
    file = resources.files("ecorec.energy") / "bundled" / "grid-intensity.csv"
    rows = _parse(file.read_text(encoding="utf-8"), "grid-intensity.csv")
    own = {row.country for row in rows}
    return GridTable(
        [*rows, *(row for row in _codecarbon() if row.country not in own)], "the table"
    )


def _codecarbon() -> list[YearlyAverage]:
    source = f"Our World in Data, in codecarbon {codecarbon_version()}"
    return [
        YearlyAverage(code, int(row["year"]), float(row["carbon_intensity"]), source)
        for code, row in energy_mixes().items()
    ]


def read_table(file: Path) -> GridTable:
    """Return the table of a CSV file with the columns country, year, g_per_kwh and source.

    Raises:
        DataError: The file is missing, or a row of it makes no sense.
        InputError: A country is not known.
    """
    try:
        # As Excel writes "CSV UTF-8": a mark before the first column's name is no part of it.
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"--intensity-table {file} cannot be read: {error}"
        raise DataError(message, hint=f"give a CSV file with {', '.join(COLUMNS)}") from None
    rows = _parse(text, str(file))
    return GridTable(rows, str(file))


def _parse(text: str, where: str) -> list[YearlyAverage]:
    table = csv.DictReader(text.splitlines())
    lacking = [name for name in COLUMNS if name not in (table.fieldnames or ())]
    if lacking:
        message = f"{where} has no column `{lacking[0]}`"
        raise DataError(message, hint=f"its first line must name {', '.join(COLUMNS)}")
    rows: dict[tuple[str, int], YearlyAverage] = {}
    for line, row in enumerate(table, start=2):
        found = _row(row, f"{where}, line {line}")
        if (found.country, found.year) in rows:
            message = f"{where}, line {line}: {found.country} {found.year} is there twice"
            raise DataError(message, hint="keep one row a country and year")
        rows[found.country, found.year] = found
    if not rows:
        message = f"{where} has no row"
        raise DataError(message, hint=f"one row a country and year: {', '.join(COLUMNS)}")
    return [*rows.values()]


def _row(row: dict[str, str | None], where: str) -> YearlyAverage:
    try:
        year, g_per_kwh = int(row["year"] or ""), float(row["g_per_kwh"] or "")
    except ValueError:
        year, g_per_kwh = 0, math.nan
    if not (year > 0 and 0 < g_per_kwh < math.inf):
        message = f"{where}: year `{row['year']}` and g_per_kwh `{row['g_per_kwh']}` make no row"
        raise DataError(message, hint="a year such as 2023, and grams above zero")
    if not row["source"]:
        message = f"{where}: there is no source"
        raise DataError(message, hint="say in the column `source` where the figure comes from")
    return YearlyAverage(resolve_country(row["country"] or ""), year, g_per_kwh, row["source"])
