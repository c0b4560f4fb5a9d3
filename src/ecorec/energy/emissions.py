"""Grams of CO2-eq as a view of joules: grid intensity with place, year and source, and PUE."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PositiveFloat

from ecorec.config import Config
from ecorec.errors import unknown_name
from ecorec.units import kwh_from_joules


class GridSettings(Config):
    """Where the electricity comes from; nothing here changes a joule."""

    country: str | None = None
    """ISO 3166 alpha-3 code or English name; never guessed."""
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
        """Return e.g. `331 g/kWh (Italy 2022, location-based average)`."""
        year = f" {self.year}" if self.year else ""
        return f"{self.g_per_kwh:.0f} g/kWh ({self.place}{year}; {self.source})"


def intensity(settings: GridSettings) -> Intensity | None:
    """Return the grid's intensity, or `None` if no place and no figure was stated.

    Raises:
        InputError: The country is not known, or there is no figure for it.
    """
    if settings.intensity_g_per_kwh is not None:
        place = settings.country or "stated grid"
        return Intensity(settings.intensity_g_per_kwh, place, None, "stated by the user")
    if settings.country is None:
        return None
    row = _table()[resolve_country(settings.country)]
    source = f"yearly average by Our World in Data, in codecarbon {metadata.version('codecarbon')}"
    return Intensity(float(row["carbon_intensity"]), row["country_name"], int(row["year"]), source)


def resolve_country(text: str) -> str:
    """Return the alpha-3 code for a code or an English name.

    Raises:
        InputError: Neither is known.
    """
    table = _table()
    if text.upper() in table:
        return text.upper()
    by_name = {row["country_name"].lower(): code for code, row in table.items()}
    if text.lower() in by_name:
        return by_name[text.lower()]
    names = [*table, *(row["country_name"] for row in table.values())]
    raise unknown_name(
        "country", text, names, "ITA or Italy works, or --intensity-g-per-kwh; names in all:"
    )


def emissions_g(energy_j: float, grid: Intensity, pue: float) -> float:
    """Return grams of CO2-eq: joules x PUE x intensity."""
    return kwh_from_joules(energy_j) * pue * grid.g_per_kwh


@cache
def _table() -> dict[str, dict[str, Any]]:
    """Read the yearly averages that ship with codecarbon, as data."""
    files = metadata.files("codecarbon") or []
    found = next(file for file in files if file.name == "global_energy_mix.json")
    rows = json.loads(Path(str(found.locate())).read_text())
    return {
        code: row
        for code, row in rows.items()
        if isinstance(row, dict) and row.get("carbon_intensity") and len(code) == 3
    }
