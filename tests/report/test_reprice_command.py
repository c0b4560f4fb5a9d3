"""`ecorec reprice` as a person calls it."""

import csv
import io
import json
import socket
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ecorec.cli.reprice import reprice
from ecorec.energy.emissions import GridSettings
from ecorec.errors import InputError
from ecorec.report.repriced_columns import COLUMNS
from tests.analysis.records import Plan, synthesise
from tests.analysis.serving_records import store
from tests.report.test_every_number_says_how import JOULES, has_method

app = typer.Typer()
app.command()(reprice)

TABLE = """country,year,g_per_kwh,source
ITA,2021,300,made up
ITA,2022,400,made up
ITA,2023,360,made up
FRA,2023,36,made up
"""

GOLDEN = """\
Italy 2023: 360 g/kWh x PUE 1.5; 300 (2021) to 400 (2022) g/kWh over 2021-2023
yearly average, made up
                      energy  operational (low-high)  over years   all sources       embodied
popularity     3.6 J assumed     540 µg (270-810 µg)  450-600 µg    264-821 µg    16.7-320 µg
ngcf d=8              absent                                                            0-0 g
lightgcn d=8  36 J assumed !     5.4 mg (2.7-8.1 mg)    4.5-6 mg  2.64-8.21 mg  167 µg-3.2 mg

! measured beside other work on the machine
Embodied, assumed and not in `operational`: 1,700 kg (900-4,300) a server over 4 years;
a virtual machine's host has 128 (64-256) CPUs. Yours: --embodied-kg, --lifetime-years, --host-cpus.
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    plans = [
        Plan("popularity", None, energy_j=3.6, seeds=(None,)),
        Plan("lightgcn", 8, energy_j=36.0, foreign_share=0.3),
        Plan("ngcf", 8, energy_j=None),
    ]
    found = synthesise(plans, n_users=20)
    out = tmp_path_factory.mktemp("reprice")
    (out / "grid.csv").write_text(TABLE)
    found.study(out / "study", grid=GridSettings(country="FRA"))
    return out


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("repricing went to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def _stdout(folder: Path, *words: str) -> str:
    words = (str(folder / "study"), *words)
    found = CliRunner().invoke(app, words, catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


def _own(folder: Path) -> tuple[str, str]:
    return "--intensity-table", str(folder / "grid.csv")


def test_the_table_as_it_is_printed(folder: Path) -> None:
    text = _stdout(folder, "--country", "ITA", "--pue", "1.5", *_own(folder))
    assert text == GOLDEN


def test_no_record_is_touched(folder: Path) -> None:
    before = {file: file.read_bytes() for file in (folder / "study").rglob("*") if file.is_file()}
    _stdout(folder, "--country", "ITA,FRA", "--sci", "--budget")
    after = {file: file.read_bytes() for file in (folder / "study").rglob("*") if file.is_file()}
    assert before == after


def test_countries_are_blocks_and_rows(folder: Path) -> None:
    text = _stdout(folder, "--country", "ITA,FRA", "--country", "Poland")
    places = [line.split(":")[0] for line in text.splitlines() if " g/kWh x PUE 1" in line]
    assert places == ["Italy 2024", "France 2024", "Poland 2024"]
    rows = json.loads(_stdout(folder, "--country", "ITA,FRA", "--format", "json"))
    assert [(row["grid"], row["configuration"]) for row in rows] == [
        (place, label)
        for place in ("Italy", "France")
        for label in ("popularity", "ngcf d=8", "lightgcn d=8")
    ]


def test_every_number_has_its_unit_and_says_how(folder: Path) -> None:
    text = _stdout(folder, "--country", "ITA", "--format", "csv", *_own(folder))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == [column.name for column in COLUMNS]
    for column in COLUMNS:
        if column.unit.startswith(("J", "g ")):
            assert column.name.endswith(("_j", "_g"))
            assert column.method, column.name
            for row in rows:
                assert has_method(row[column.method]), column.name
    known = {row["configuration"]: row for row in rows}
    assert known["ngcf d=8"]["emissions_g"] == ""
    assert known["ngcf d=8"]["energy_method"] == "absent"
    run = known["popularity"]
    assert float(run["emissions_g"]) == pytest.approx(3.6e-4)
    assert (run["grid_year"], run["intensity_source"]) == ("2023", "yearly average, made up")
    assert (run["cleanest_year"], run["dirtiest_year"]) == ("2021", "2022")
    assert float(run["dirtiest_year_g"]) == pytest.approx(4e-4)
    both = float(run["emissions_g"]) + float(run["embodied_g"])
    assert float(run["sci_training_run_g"]) == pytest.approx(both)
    assert run["sci_1000_recommendations_g"] == ""
    assert run["sci_1000_method"].startswith("absent (serving not measured")


def test_every_line_with_grams_says_how(folder: Path) -> None:
    text = _stdout(folder, "--country", "ITA", "--sci", "--budget")
    lines = [line for line in text.splitlines() if JOULES.search(line)]
    assert len(lines) > 6
    for line in lines:
        assert has_method(line), line


def test_carbon_intensity_names_unit_boundary_and_what_is_not_known(folder: Path) -> None:
    text = _stdout(folder, "--country", "ITA", "--sci")
    assert "R = one training run; boundary: process energy from load to checkpoint, PUE" in text
    assert "per 1,000 recommendations: absent (serving not measured; ecorec stress)" in text


def test_the_budget_has_a_line_a_source_and_one_interval(folder: Path) -> None:
    text = _stdout(folder, "--country", "ITA", "--budget", *_own(folder))
    block = text.split("Uncertainty of popularity under Italy\n")[1].split("\n\n")[0].splitlines()
    assert [line.split()[0] for line in block] == ["sensors", "repeats", "grid", "PUE", "together"]
    assert block[1].split()[1:3] == ["?", "?"]


def test_assumptions_can_be_stated(folder: Path) -> None:
    def embodied(*words: str) -> float:
        text = _stdout(folder, "--format", "json", *words)
        return json.loads(text)[0]["embodied_g"]

    assert embodied("--embodied-kg", "3400") == pytest.approx(2 * embodied())
    assert embodied("--lifetime-years", "8") == pytest.approx(embodied() / 2)
    assert embodied("--host-cpus", "256") == pytest.approx(embodied() / 2)


def test_bad_assumptions_are_named(folder: Path) -> None:
    with pytest.raises(InputError, match="--embodied-kg `x`"):
        _stdout(folder, "--embodied-kg", "x")
    with pytest.raises(InputError, match=r"lifetime_years = `0\.0`"):
        _stdout(folder, "--lifetime-years", "0")


def test_an_unknown_year_names_those_there_are(folder: Path) -> None:
    with pytest.raises(InputError, match="no grid intensity for Italy in 2011") as caught:
        _stdout(folder, "--country", "ITA", "--year", "2011")
    assert "2018, 2019" in str(caught.value.hint)


def test_a_run_under_load_has_a_score_for_a_thousand_recommendations(tmp_path: Path) -> None:
    found = synthesise([Plan("lightgcn", 8, energy_j=36.0), Plan("ngcf", 8, energy_j=36.0)])
    found.study(tmp_path / "study")
    store(tmp_path / "study", found.records[0], joules_per_1000=4.0, idle_w=0.02, rate=1000.0)
    arguments = [str(tmp_path / "study"), "--intensity-g-per-kwh", "360", "--pue", "1.5"]
    arguments += ["--embodied-kg", "1000", "--host-cpus", "128"]
    rows = {r["configuration"]: r for r in csv.DictReader(io.StringIO(
        CliRunner().invoke(app, [*arguments, "--format", "csv"], catch_exceptions=False).stdout
    ))}  # fmt: skip
    # 4 J and 20 mW for two seconds, and one CPU of 128 for as long.
    operational = (4.0 + 0.04) / 3.6e6 * 1.5 * 360
    embodied = 1e6 * 2 / (4 * 365 * 86_400) / 128
    found_g = float(rows["lightgcn d=8"]["sci_1000_recommendations_g"])
    assert found_g == pytest.approx(operational + embodied, rel=2e-3)
    assert rows["lightgcn d=8"]["sci_1000_method"] == "assumed joules + assumed embodied"
    assert rows["ngcf d=8"]["sci_1000_recommendations_g"] == ""
    text = CliRunner().invoke(app, [*arguments, "--sci"], catch_exceptions=False).stdout
    line = next(x for x in text.splitlines() if x.startswith("  lightgcn d=8"))
    assert "assumed + assumed" in line
