import math
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ecorec.energy.countries import resolve_country
from ecorec.energy.emissions import (
    GridSettings,
    Intensity,
    emissions_g,
    intensity,
    over_years,
)
from ecorec.energy.grid_table import GridTable, YearlyAverage
from ecorec.errors import InputError

GRID = Intensity(250.0, "anywhere", None, "test")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("emissions went to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_a_kilowatt_hour_at_a_known_intensity() -> None:
    assert emissions_g(3.6e6, GRID, 1.0) == 250.0
    assert emissions_g(1.8e6, GRID, 1.2) == pytest.approx(150.0, rel=1e-12)
    assert emissions_g(0.0, GRID, 1.5) == 0.0


@given(st.floats(1e-6, 1e12), st.floats(1, 3), st.floats(0.1, 1500))
def test_grams_are_linear_in_each_factor(energy_j: float, pue: float, g_per_kwh: float) -> None:
    grid = Intensity(g_per_kwh, "anywhere", None, "test")
    grams = emissions_g(energy_j, grid, pue)
    assert math.isclose(emissions_g(2 * energy_j, grid, pue), 2 * grams)
    assert math.isclose(grams, energy_j / 1000 / 3600 * pue * g_per_kwh, rel_tol=1e-12)


def test_no_place_and_no_figure_is_no_intensity() -> None:
    assert intensity(GridSettings()) is None


def test_a_country_has_figure_year_and_source() -> None:
    grid = intensity(GridSettings(country="ITA"))
    assert grid is not None
    assert grid.place == "Italy"
    assert 100 < grid.g_per_kwh < 600
    assert grid.year is not None
    assert grid.year >= 2024
    assert "Our World in Data" in grid.source
    assert grid.in_words().startswith(f"{grid.g_per_kwh:.0f} g/kWh (Italy {grid.year}; yearly")


def test_a_year_is_that_year_or_an_error() -> None:
    grid = intensity(GridSettings(country="ITA", year=2022))
    assert grid is not None
    assert (grid.year, grid.g_per_kwh) == (2022, pytest.approx(378.16324))
    with pytest.raises(InputError, match="no grid intensity for Italy in 1987"):
        intensity(GridSettings(country="ITA", year=1987))


def test_the_range_over_years_is_the_least_and_the_most() -> None:
    rows = [YearlyAverage("ITA", 2020 + i, g, "made up") for i, g in enumerate((50.0, 70.0, 40.0))]
    table = GridTable([*rows, YearlyAverage("FRA", 2020, 10.0, "made up")], "the table")
    years = over_years(GridSettings(country="Italy"), table)
    assert years is not None
    assert (years.least.g_per_kwh, years.least.year) == (40.0, 2022)
    assert (years.most.g_per_kwh, years.most.year) == (70.0, 2021)
    assert years.in_words() == "40 (2022) to 70 (2021) g/kWh over 2020-2022"
    assert over_years(GridSettings(country="FRA"), table) is None
    assert over_years(GridSettings(country="ITA", intensity_g_per_kwh=5.0), table) is None
    assert over_years(GridSettings(), table) is None


def test_a_stated_figure_wins_over_the_table() -> None:
    grid = intensity(GridSettings(country="it", intensity_g_per_kwh=12.5))
    assert grid == Intensity(12.5, "Italy", None, "stated by the user")
    nowhere = intensity(GridSettings(intensity_g_per_kwh=12.5))
    assert nowhere == Intensity(12.5, "stated grid", None, "stated by the user")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ITA", "ITA"),
        ("ita", "ITA"),
        ("IT", "ITA"),
        (" Italy ", "ITA"),
        ("UK", "GBR"),
        ("gb", "GBR"),
        ("United States of America", "USA"),
        ("South Korea", "KOR"),
        ("Korea, Republic of", "KOR"),
        ("Cote d'Ivoire", "CIV"),
        ("Côte d'Ivoire", "CIV"),
        ("Turkey", "TUR"),
        ("Türkiye", "TUR"),
    ],
)
def test_a_country_goes_by_code_and_by_name(text: str, code: str) -> None:
    assert resolve_country(text) == code


@pytest.mark.parametrize(
    ("text", "near"), [("Itly", "`Italy`"), ("ITX", "`ITA`"), ("Germny", "`Germany`")]
)
def test_an_unknown_country_gets_the_nearest(text: str, near: str) -> None:
    with pytest.raises(InputError, match=f"no country is called `{text}`") as caught:
        intensity(GridSettings(country=text))
    assert caught.value.hint is not None
    assert near in caught.value.hint


def test_an_unknown_country_is_refused_even_beside_a_figure() -> None:
    with pytest.raises(InputError, match="no country is called `Nowhere`"):
        intensity(GridSettings(country="Nowhere", intensity_g_per_kwh=100.0))


def test_a_country_without_a_figure_asks_for_one() -> None:
    with pytest.raises(InputError, match=r"no grid intensity for LIE \(Liechtenstein\)") as caught:
        intensity(GridSettings(country="LI"))
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("state one with --intensity-g-per-kwh")


@pytest.mark.parametrize("settings", [{"pue": 0.99}, {"intensity_g_per_kwh": 0}, {"county": "ITA"}])
def test_settings_out_of_range_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(settings))):
        GridSettings.model_validate(settings)
