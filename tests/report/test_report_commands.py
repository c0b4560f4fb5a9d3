"""`ecorec results` and `ecorec report` as a person calls them."""

import csv
import io
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ecorec.cli.report import report
from ecorec.cli.results import results
from ecorec.errors import InputError, StudyError
from tests.analysis.records import quickstart

app = typer.Typer()
app.command()(results)
app.command()(report)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return quickstart().study(tmp_path_factory.mktemp("quickstart") / "study").path


def _stdout(*words: str) -> str:
    found = CliRunner().invoke(app, words, catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


def test_csv_has_a_row_a_run_and_every_column(folder: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(_stdout("results", str(folder), "--format", "csv"))))
    assert len(rows) == 26
    for name in (
        "dataset", "model", "embedding_size", "n_layers", "epochs", "seed", "parameters",
        "precision@10", "recall@10", "ndcg@10", "hit@10", "ndcg@100", "n_eval_users", "best_epoch",
        "undertrained", "duration_s", "cpu_s", "energy_j", "energy_low_j", "energy_high_j",
        "peak_memory_bytes", "validate_s", "energy_method", "emissions_g", "codecarbon_energy_j",
        "codecarbon_emissions_g",
    ):  # fmt: skip
        assert name in rows[0], name


def test_json_sorted_and_with_chosen_columns(folder: Path) -> None:
    text = _stdout("results", str(folder), "--format", "json", "--sort", "ndcg@10",
                   "--columns", "model,ndcg@10")  # fmt: skip
    rows = json.loads(text)
    assert list(rows[0]) == ["model", "ndcg@10"]
    values = [row["ndcg@10"] for row in rows]
    assert values == sorted(values, reverse=True)


def test_table_has_a_row_a_configuration_and_all_columns_a_row_a_run(folder: Path) -> None:
    assert "Verdict: " in _stdout("results", str(folder))
    wide = _stdout("results", str(folder), "--all-columns").splitlines()
    assert len(wide) == 27
    assert wide[0].startswith("dataset")


def test_unknown_column_is_named(folder: Path) -> None:
    with pytest.raises(InputError, match="no column is called `joules`"):
        _stdout("results", str(folder), "--format", "csv", "--columns", "joules")


def test_report_prints_the_path_of_what_it_wrote(folder: Path) -> None:
    paths = _stdout("report", str(folder), "--figures").split()
    figures = [f"figure.{kind}" for kind in ("png", "svg", "pdf")]
    assert paths == [str(folder / name) for name in ("report.html", *figures)]
    assert all(Path(path).stat().st_size > 10_000 for path in paths)


def test_folder_without_a_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="holds no study"):
        _stdout("report", str(tmp_path))
