import csv
from importlib import resources
from itertools import pairwise
from pathlib import Path

import pytest

from ecorec.energy.codecarbon_data import energy_mixes
from ecorec.energy.grid_table import GridTable, YearlyAverage, bundled_table, read_table
from ecorec.errors import DataError, InputError

HEAD = "country,year,g_per_kwh,source\n"


def _file(folder: Path, text: str) -> Path:
    file = folder / "grid.csv"
    file.write_text(text)
    return file


def test_every_bundled_row_has_year_figure_and_source() -> None:
    file = resources.files("ecorec.energy") / "bundled" / "grid-intensity.csv"
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert len(rows) == 602
    for row in rows:
        assert 2018 <= int(row["year"]) <= 2024
        assert 20 < float(row["g_per_kwh"]) < 1200
        assert row["source"] == "Ember and Energy Institute (2025) via Our World in Data"
    attribution = resources.files("ecorec.energy") / "bundled" / "ATTRIBUTION-grid-intensity.md"
    assert "CC BY 4.0" in attribution.read_text()


def test_it_agrees_with_an_earlier_release_of_the_same_sources() -> None:
    """A row of another country or year would be off by more than revisions are."""
    off = []
    for code, mix in energy_mixes().items():
        for row in bundled_table().years(code):
            if row.year == mix["year"] and "via Our World" in row.source:
                off.append(abs(row.g_per_kwh / mix["carbon_intensity"] - 1))
    assert len(off) >= 80
    assert sorted(off)[len(off) // 2] < 0.025
    assert sum(value > 0.1 for value in off) <= 7


def test_no_year_jumps_as_a_digit_that_was_mistyped_would() -> None:
    for code in ("ITA", "FRA", "DEU", "POL", "USA", "GBR", "CHN", "IND", "JPN", "AUS", "SWE"):
        values = [row.g_per_kwh for row in bundled_table().years(code)]
        assert len(values) == 7
        assert all(0.65 < b / a < 1.4 for a, b in pairwise(values)), code


def test_a_country_that_it_lacks_has_codecarbons_year_and_says_so() -> None:
    (row,) = bundled_table().years("AFG")
    assert row.source.startswith("Our World in Data, in codecarbon 3.")
    assert (row.year, row.g_per_kwh) == (2022, pytest.approx(132.53, rel=1e-3))


def test_the_latest_year_is_found_and_a_stated_one_is_never_replaced() -> None:
    rows = [YearlyAverage("ITA", year, 100.0 + year, "made up") for year in (2020, 2018, 2021)]
    table = GridTable(rows, "the table")
    assert table.find("ITA").year == 2021
    assert table.find("ITA", 2018).g_per_kwh == 2118.0
    assert [row.year for row in table.years("ITA")] == [2018, 2020, 2021]
    with pytest.raises(InputError, match="no grid intensity for Italy in 2019 in the table") as e:
        table.find("ITA", 2019)
    assert e.value.hint == "Italy has 2018, 2020, 2021; or state --intensity-g-per-kwh"
    with pytest.raises(InputError, match=r"for FRA \(France\) in the table") as e:
        table.find("FRA")
    assert "--intensity-table" in str(e.value.hint)


def test_a_users_own_table(tmp_path: Path) -> None:
    text = HEAD + "Italy,2030,12.5,my contract\nFR,2030,40,my contract\n"
    table = read_table(_file(tmp_path, text))
    assert table.find("ITA") == YearlyAverage("ITA", 2030, 12.5, "my contract")
    assert table.find("FRA").g_per_kwh == 40.0
    with pytest.raises(InputError, match=r"for POL \(Poland\) in .*grid\.csv"):
        table.find("POL")


def test_a_table_as_excel_writes_it(tmp_path: Path) -> None:
    """`CSV UTF-8`: a mark before the first column's name, and lines that end in CR LF."""
    file = tmp_path / "grid.csv"
    file.write_bytes(b"\xef\xbb\xbfcountry,year,g_per_kwh,source\r\nITA,2030,12.5,my contract\r\n")
    assert read_table(file).find("ITA").g_per_kwh == 12.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("country,year,source\nITA,2020,x\n", "has no column `g_per_kwh`"),
        (HEAD, "has no row"),
        (HEAD + "ITA,2020,abc,x\n", "line 2: year `2020` and g_per_kwh `abc` make no row"),
        (HEAD + "ITA,2020,0,x\n", "g_per_kwh `0` make no row"),
        (HEAD + "ITA,2020,inf,x\n", "g_per_kwh `inf` make no row"),
        (HEAD + "ITA,20x,5,x\n", "year `20x`"),
        (HEAD + "ITA,2020\n", "g_per_kwh `None`"),
        (HEAD + "ITA,2020,5,\n", "line 2: there is no source"),
        (HEAD + "ITA,2020,5,x\nIT,2020,6,x\n", "line 3: ITA 2020 is there twice"),
        (HEAD + "Itly,2020,5,x\n", "no country is called `Itly`"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_table(_file(tmp_path, text))


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"--intensity-table .* cannot be read"):
        read_table(tmp_path / "none.csv")
