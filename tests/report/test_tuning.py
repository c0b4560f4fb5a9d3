"""What a tuning says: on the terminal, in columns, and beside a study that uses it."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ecorec.analysis.configurations import configurations
from ecorec.analysis.decision.validation import validated
from ecorec.analysis.tuning import bill_of
from ecorec.analysis.words import quality
from ecorec.cli.main import app
from ecorec.errors import InputError
from ecorec.study.plan import plan
from ecorec.study.settings import StudySettings
from ecorec.study.store import read_study
from ecorec.study.study_file import read_study_file
from ecorec.study.tuning.folder import read_tuning
from tests.report.test_every_number_says_how import JOULES, has_method

DATA = "synthetic:block?users=120&items=80&per_user=15"
COMMON = ["--epochs", "2", "--topk", "5,10", "--threads", "1"]
pytestmark = pytest.mark.xdist_group("study")


def ecorec(*words: str):
    return CliRunner().invoke(app, words, catch_exceptions=False)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    out = tmp_path_factory.mktemp("tuned") / "t"
    result = ecorec("tune", DATA, "--models", "itemknn,lightgcn", "--trials", "2",
                    "--embedding-sizes", "8", "--out", str(out), *COMMON)  # fmt: skip
    assert result.exit_code == 0, result.output
    return out, result


@pytest.fixture(scope="module")
def used(tuned, tmp_path_factory):
    out = tmp_path_factory.mktemp("used") / "s"
    result = ecorec("run", "--datasets", DATA, "--models", "popularity,itemknn,lightgcn",
                    "--embedding-sizes", "8,16", "--tuned", str(tuned[0]), "--out", str(out),
                    *COMMON)  # fmt: skip
    assert result.exit_code == 0, result.output
    return out, result


def test_a_tuning_ends_in_a_table_of_qualities_and_prices(tuned) -> None:
    out, result = tuned
    record, study = read_tuning(out), read_study(out)
    head, *lines = result.stdout.splitlines()
    assert head.split() == [
        "valid",
        "test",
        "a",
        "run",
        "tuning",
        "(low-high)",
        "=",
        "runs",
        "both",
    ]
    assert [line.split()[0] for line in lines[:2]] == ["itemknn", "lightgcn"]
    for line in result.stdout.splitlines():
        assert len(line) <= 100
        assert has_method(line) or not JOULES.search(line), line
    # How many trainings the tuning equals, from the records themselves.
    by_model = {run.model: run.total.energy_j for run in study.records}
    for line, tuning in zip(lines, record.models, strict=False):
        times = tuning.bill.energy_j / by_model[tuning.model]
        assert f"  {times:.1f}  " in line
    assert "best of 2 trials (2 complete)" in result.stdout
    assert "[2/2] lightgcn d=8: ndcg@10 0." in result.stderr


def test_a_study_shows_what_its_settings_cost_beside_what_it_drew(tuned, used) -> None:
    out, result = used
    assert "Tuning is part of the bill, and not in the energies above:" in result.stdout
    assert "lightgcn d=16 (tuned at 8) " in result.stdout
    assert "Not tuned: popularity." in result.stdout
    # Of the run that the line is about, not of the size that was tuned.
    block = result.stdout.partition("Tuning is part of the bill")[2]
    shown = dict(re.findall(r"^(lightgcn d=\d+)(?: \(.*?\))? +(\.\d+)", block, re.MULTILINE))
    own = configurations(read_study(out).records)
    assert shown == {
        item.label: quality(validated(item, "ndcg@10")) for item in own if item.embedding_size
    }
    assert ecorec("results", str(out)).stdout == result.stdout
    for line in result.stdout.splitlines():
        assert has_method(line) or not JOULES.search(line), line
    csv = ecorec("results", str(out), "--format", "csv", "--columns",
                 "model,embedding_size,tuning_j,tuning_method,tuning_trials,tuned_at")  # fmt: skip
    bill = {m.label: m.bill for m in read_tuning(tuned[0]).models}
    rows = [line.split(",") for line in csv.stdout.splitlines()[1:]]
    assert rows[0] == ["popularity", "", "", "", "", ""]
    assert float(rows[1][2]) == bill["itemknn"].energy_j
    assert float(rows[2][2]) == float(rows[3][2]) == bill["lightgcn d=8"].energy_j
    assert [[row[3].removesuffix(" !"), *row[4:]] for row in rows[1:]] == [
        [bill["itemknn"].methods[0], "2", ""],
        *[[bill["lightgcn d=8"].methods[0], "2", "8"]] * 2,
    ]


def test_the_page_says_how_settings_were_chosen_and_what_that_cost(used) -> None:
    page = (used[0] / "report.html").read_text()
    assert "Settings were tuned on synthetic:block" in page
    assert re.search(r"lightgcn d=8 \(2 trials, [\d.]+ m?J (assumed|modelled)( !)?\)", page)
    assert "Joules of runs do not include it" in page


def test_other_settings_have_no_price(tuned, tmp_path: Path) -> None:
    out = tmp_path / "s"
    result = ecorec("run", "--datasets", DATA, "--models", "itemknn", *COMMON, "--tuned",
                    str(tuned[0]), "--set", "itemknn.shrinkage=3.5", "--out", str(out))  # fmt: skip
    assert result.exit_code == 0
    study = read_study(out)
    assert bill_of(study.records[0], study.info.tunings) is None
    assert "Tuning is part" not in result.stdout


def test_what_was_chosen_is_a_study_of_its_own(tuned) -> None:
    file = tuned[0] / "tuned.toml"
    kept = StudySettings.parse(read_study_file(file), "the study")
    runs = [job.longest.model_copy(update={"topk": (5, 10)}) for job in plan(kept, 1)]
    study = read_study(tuned[0])
    assert {run.run_id(study.records[0].data.fingerprint) for run in runs} == {
        record.run_id for record in study.records
    }
    for line in file.read_text().splitlines():
        assert has_method(line) or not JOULES.search(line), line


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--models", "lightgnc"), "no model is called `lightgnc`"),
        (("--models", "popularity"), "`popularity` has no setting to tune"),
        (
            ("--models", "ease", "--trials", "0"),
            "--trials 0 is out of range: whole numbers from 1 up",
        ),
        (
            ("--models", "ease", "--objective", "energy_j"),
            "`energy_j` is an objective beside quality",
        ),
        (
            ("--models", "ease", "--objective", "ndcg@500"),
            "K = 500 is larger than the catalogue of 80 items",
        ),
    ],
)
def test_mistakes_are_named_before_anything_is_written(words, message, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        ecorec("tune", DATA, *words, "--out", str(tmp_path / "t"))
    assert caught.value.hint
    assert not (tmp_path / "t").exists()
