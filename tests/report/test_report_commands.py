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


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        ("--front --format json", "--format json does not go with --front",
         "with --front go --effects, --metric, --cost, --with-contaminated; --format is for rows"),
        ("--reach 0.05 --format csv", "--format csv does not go with --reach 0.05",
         "--reach stands alone; --format is for rows of runs"),
        ("--reach 0.05 --front", "--front does not go with --reach 0.05", "--reach stands alone"),
        ("--reach 0.05 --metric ndcg@10", "--metric ndcg@10 does not go with --reach 0.05", ""),
        ("--reach 0.05 --with-contaminated", "--with-contaminated does not go with --reach", ""),
        ("--front --sort model", "--sort model does not go with --front", "is for the table and"),
        ("--effects --columns model", "--columns model does not go with --effects", "for rows"),
        ("--effects --cost time", "--cost time does not go with --effects", "is for --front"),
        ("--cost time", "--cost time does not go with the table", "--cost is for --front"),
        ("--format md --cost time", "--cost time does not go with --format md", "for --front"),
        ("--format csv --metric ndcg@10", "--metric ndcg@10 does not go with --format csv",
         "with --format go --all-columns, --sort, --with-contaminated; --metric is for the table"),
        ("--columns model --all-columns", "--all-columns does not go with --columns model", ""),
        ("--all-columns --metric ndcg@10", "--metric ndcg@10 does not go with --all-columns", ""),
    ],
)  # fmt: skip
def test_an_option_that_the_form_does_not_use_is_refused(
    folder: Path, words: str, message: str, hint: str
) -> None:
    with pytest.raises(InputError) as told:
        _stdout("results", str(folder), *words.split())
    assert told.value.message.startswith(message)
    assert hint in str(told.value.hint)


@pytest.mark.parametrize(
    "words",
    [
        "--front --effects --cost energy --metric ndcg@10 --with-contaminated",
        "--format csv --all-columns --sort model --with-contaminated",
        "--columns model --format md --sort model",
        "--metric ndcg@10 --sort model --with-contaminated --format table",
        "--reach 0",
    ],
)
def test_options_that_go_together(folder: Path, words: str) -> None:
    assert _stdout("results", str(folder), *words.split())


def test_report_prints_the_path_of_what_it_wrote(folder: Path) -> None:
    paths = _stdout("report", str(folder), "--figures").split()
    figures = [f"figure.{kind}" for kind in ("png", "svg", "pdf")]
    assert paths == [str(folder / name) for name in ("report.html", *figures)]
    assert all(Path(path).stat().st_size > 10_000 for path in paths)


def test_folder_without_a_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="holds no study"):
        _stdout("report", str(tmp_path))
