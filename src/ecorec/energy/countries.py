"""Countries by code and by English name."""

import json
import unicodedata
from functools import cache

from ecorec.energy.codecarbon_data import energy_mixes, table_path
from ecorec.errors import unknown_name


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


def country_name(code: str) -> str:
    """Return the English name of an alpha-3 code; a code that ISO does not know, as it is."""
    return _names().get(code, code)


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
    return found | {_folded(row["country_name"]): code for code, row in energy_mixes().items()}


def _folded(text: str) -> str:
    """Return text without case, accents and outer spaces."""
    letters = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
