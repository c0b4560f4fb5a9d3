"""Grams of CO2-eq as a view of joules: grid intensity with place, year and source, and PUE."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import ConfigDict, Field, PositiveFloat, PositiveInt

from ecorec.config import Config
from ecorec.energy.countries import country_name, resolve_country
from ecorec.energy.grid_table import GridTable, YearlyAverage, bundled_table
from ecorec.units import kwh_from_joules


class GridSettings(Config):
    """Where the electricity comes from; nothing here changes a joule."""

    model_config = ConfigDict(allow_inf_nan=False)

    country: str | None = None
    """ISO 3166 alpha-3 or alpha-2 code, or English name; never guessed."""
    intensity_g_per_kwh: PositiveFloat | None = None
    """Grams of CO2-eq a kilowatt-hour; instead of a country, or to override its value."""
    year: PositiveInt | None = None
    """Year of the country's average; the latest that the table has, if not given."""
    pue: Annotated[float, Field(ge=1)] = 1.0
    """Power usage effectiveness: energy of the building over energy of the machine."""


@dataclass(frozen=True)
class Intensity:
    """Grams of CO2-eq a kilowatt-hour, and where the figure comes from."""

    g_per_kwh: float
    place: str
    year: int | None
    source: str

    def in_words(self) -> str:
        """Return e.g. `288 g/kWh (Italy 2024; yearly average, …)`."""
        year = f" {self.year}" if self.year else ""
        return f"{self.g_per_kwh:.0f} g/kWh ({self.place}{year}; {self.source})"


@dataclass(frozen=True)
class YearRange:
    """The cleanest and the dirtiest year of a country's grid, of those that a table has."""

    least: Intensity
    most: Intensity
    first_year: int
    last_year: int

    def in_words(self) -> str:
        """Return e.g. `288 (2024) to 378 (2022) g/kWh over 2018-2024`."""
        least, most = self.least, self.most
        return (
            f"{least.g_per_kwh:.0f} ({least.year}) to {most.g_per_kwh:.0f} ({most.year}) g/kWh "
            f"over {self.first_year}-{self.last_year}"
        )


def intensity(settings: GridSettings, table: GridTable | None = None) -> Intensity | None:
    """Return the grid's intensity, or `None` if no place and no figure was stated.

    Args:
        settings: The place or the figure.
        table: Yearly averages; those that ship with ecorec, if not given.

    Raises:
        InputError: The country is not known, or there is no figure for it or for the year.
    """
    code = None if settings.country is None else resolve_country(settings.country)
    if settings.intensity_g_per_kwh is not None:
        place = "stated grid" if code is None else country_name(code)
        g_per_kwh = settings.intensity_g_per_kwh
        return Intensity(g_per_kwh, place, settings.year, "stated by the user")
    if code is None:
        return None
    return _of((table or bundled_table()).find(code, settings.year))


def over_years(settings: GridSettings, table: GridTable | None = None) -> YearRange | None:
    """Return how far a country's grid moved over the years; `None` without two years of it.

    This is what another year would have made of the same joules, not an error of theirs.

    Args:
        settings: The place; a stated figure has no years.
        table: Yearly averages; those that ship with ecorec, if not given.

    Raises:
        InputError: The country is not known.
    """
    if settings.country is None or settings.intensity_g_per_kwh is not None:
        return None
    years = (table or bundled_table()).years(resolve_country(settings.country))
    if len(years) < 2:
        return None
    least = min(years, key=lambda row: row.g_per_kwh)
    most = max(years, key=lambda row: row.g_per_kwh)
    return YearRange(_of(least), _of(most), years[0].year, years[-1].year)


def _of(row: YearlyAverage) -> Intensity:
    source = f"yearly average, {row.source}"
    return Intensity(row.g_per_kwh, country_name(row.country), row.year, source)


def emissions_g(energy_j: float, grid: Intensity, pue: float) -> float:
    """Return grams of CO2-eq: joules x PUE x intensity.

    Args:
        energy_j: Energy of the machine in joules.
        grid: Intensity of the electricity.
        pue: Power usage effectiveness, at least 1.
    """
    return kwh_from_joules(energy_j) * pue * grid.g_per_kwh
