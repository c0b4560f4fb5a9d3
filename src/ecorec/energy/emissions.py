"""Grams of CO2-eq as a view of joules: grid intensity with place, year and source, and PUE."""

import json
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import Field, PositiveFloat

from ecorec.config import Config
from ecorec.energy.codecarbon_data import codecarbon_version, table_path
from ecorec.errors import InputError, unknown_name
from ecorec.units import kwh_from_joules


class GridSettings(Config):
    """Where the electricity comes from; nothing here changes a joule."""

    country: str | None = None
    """ISO 3166 alpha-3 or alpha-2 code, or English name; never guessed."""
    intensity_g_per_kwh: PositiveFloat | None = None
    """Grams of CO2-eq a kilowatt-hour; instead of a country, or to override its value."""
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
        """Return e.g. `331 g/kWh (Italy 2023; yearly average …)`."""
        year = f" {self.year}" if self.year else ""
        return f"{self.g_per_kwh:.0f} g/kWh ({self.place}{year}; {self.source})"


def intensity(settings: GridSettings) -> Intensity | None:
    """Return the grid's intensity, or `None` if no place and no figure was stated.

    Raises:
        InputError: The country is not known, or there is no figure for it.
    """
    code = None if settings.country is None else resolve_country(settings.country)
    if settings.intensity_g_per_kwh is not None:
        place = "stated grid" if code is None else _names()[code]
        return Intensity(settings.intensity_g_per_kwh, place, None, "stated by the user")
    if code is None:
        return None
    average = yearly_average(code)
    if average is None:
        message = f"there is no grid intensity for `{settings.country}` ({_names()[code]})"
        raise InputError(message, hint="state one with --intensity-g-per-kwh")
    return average


def yearly_average(code: str) -> Intensity | None:
    """Return the intensity of a country's grid over a year, as CodeCarbon ships it.

    Args:
        code: ISO 3166 alpha-3.
    """
    row = _averages().get(code)
    if row is None:
        return None
    source = f"yearly average by Our World in Data, in codecarbon {codecarbon_version()}"
    return Intensity(float(row["carbon_intensity"]), row["country_name"], int(row["year"]), source)


def resolve_country(text: str) -> str:
    """Return the alpha-3 code of a country given by code or English name, in any case.

    Raises:
        InputError: No country is called so, with the nearest names that exist.
    """
    code = _spellings().get(_folded(text))
    if code is None:
        kind, listing = "country", "ITA, IT and Italy all work; countries in all:"
        known = _names()
        # A short text is meant as a code, a longer one as a name.
        raise unknown_name(kind, text, known if len(text) <= 3 else known.values(), listing)
    return code


def emissions_g(energy_j: float, grid: Intensity, pue: float) -> float:
    """Return grams of CO2-eq: joules x PUE x intensity.

    Args:
        energy_j: Energy of the machine in joules.
        grid: Intensity of the electricity.
        pue: Power usage effectiveness, at least 1.
    """
    return kwh_from_joules(energy_j) * pue * grid.g_per_kwh


@cache
def _averages() -> dict[str, dict[str, Any]]:
    """Return the yearly averages by alpha-3 code; a row without a figure is left out."""
    rows = json.loads(table_path("global_energy_mix.json").read_text(encoding="utf-8"))
    return {code: row for code, row in rows.items() if row.get("carbon_intensity")}


@cache
def _countries() -> list[dict[str, str]]:
    text = table_path("iso3166-1.json", "pycountry").read_text(encoding="utf-8")
    countries: list[dict[str, str]] = json.loads(text)["3166-1"]
    return countries


@cache
def _names() -> dict[str, str]:
    """Return the English name of every alpha-3 code."""
    return {row["alpha_3"]: row.get("common_name", row["name"]) for row in _countries()}


@cache
def _spellings() -> dict[str, str]:
    """Return alpha-3 codes by everything that a country may be called, folded."""
    # ISO reserves `UK` for the country whose code is `GB`.
    found = {"uk": "GBR"}
    for row in _countries():
        keys = ("alpha_2", "alpha_3", "name", "common_name", "official_name")
        found |= {_folded(row[key]): row["alpha_3"] for key in keys if key in row}
    return found | {_folded(row["country_name"]): code for code, row in _averages().items()}


def _folded(text: str) -> str:
    """Return text without case, accents and outer spaces."""
    letters = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
