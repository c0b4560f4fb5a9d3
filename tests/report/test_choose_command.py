"""`ecorec choose` as it is typed."""

import json
import re
from pathlib import Path

import pytest

from tests.analysis.records import Plan, synthesise
from tests.analysis.serving_records import store
from tests.cli.invoke import ecorec
from tests.report.test_every_number_says_how import JOULES, has_method


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    plans = [
        Plan("itemknn", None, 0.160, 2.0, seeds=(None,)),
        Plan("simgcl", 64, 0.180, 40.0, seeds=(1, 2)),
        Plan("itemknn", None, 0.060, 3.0, seeds=(None,), dataset="ml-100k"),
        Plan("simgcl", 64, 0.100, 50.0, dataset="ml-100k"),
    ]
    return synthesise(plans).study(tmp_path_factory.mktemp("s") / "out").path


def test_three_sentences_a_data_set(folder: Path) -> None:
    found = ecorec("choose", str(folder), "--within", "12%")
    assert (found.returncode, found.stderr) == (0, "")
    first, second = found.stdout.split("movietweetings\n", 1)
    assert first.startswith("ml-100k\n\nDeploy simgcl d=64")
    assert second.startswith("\nDeploy itemknn")
    text = " ".join(found.stdout.split())
    for sentence in re.split(r"(?<=[a-z)])\. ", text):
        assert has_method(sentence) or not JOULES.search(sentence), sentence


def test_one_data_set_may_have_none(folder: Path) -> None:
    found = ecorec("choose", str(folder), "--min-ndcg", "0.15")
    assert found.returncode == 0
    assert "Deploy itemknn" in found.stdout
    assert "error: ml-100k: there is no configuration with a validation" in found.stderr


def test_none_at_all_is_an_error(folder: Path) -> None:
    found = ecorec("choose", str(folder), "--min-ndcg", "0.5")
    assert (found.returncode, found.stdout) == (2, "")
    assert "hint: the best is simgcl d=64" in found.stderr


def test_json_has_it_all(folder: Path) -> None:
    found = ecorec("choose", str(folder), "--within", "12%", "--format", "json")
    second, first = json.loads(found.stdout)
    assert first["chosen"]["label"] == "itemknn"
    assert first["chosen"]["energy_j"] == pytest.approx(2.0)
    assert first["chosen"]["energy_method"] == "assumed"
    assert first["constraint"]["within"] == pytest.approx(0.12)
    assert Path(first["chosen"]["run"], "record.json").is_file()
    assert len(first["sentences"]) == 3
    assert [item["label"] for item in second["eligible"]] == ["simgcl d=64"]


@pytest.mark.parametrize("words", [["--requests-per-day", "0"], ["--days", "-1"]])
def test_use_is_above_zero(folder: Path, words: list[str]) -> None:
    found = ecorec("choose", str(folder), *words)
    assert found.returncode == 2
    assert "is not above zero" in found.stderr


def test_what_was_under_load_counts(tmp_path: Path) -> None:
    plans = [
        Plan("itemknn", None, 0.160, 2.0, seeds=(None,)),
        Plan("lightgcn", 64, 0.161, 20.0),
    ]
    made = synthesise(plans)
    path = made.study(tmp_path / "s").path
    knn, gcn = made.records
    store(path, gcn, joules_per_1000=1.0)
    elsewhere = knn.model_copy(update={"machine": knn.machine.model_copy(
        update={"machine_id": "another"})})  # fmt: skip
    store(path, elsewhere, joules_per_1000=0.1, number=1)
    words = ("choose", str(path), "--requests-per-day", "1000", "--days", "30")
    part = " ".join(ecorec(*words).stdout.split())
    assert "Deploy itemknn" in part
    assert f"because itemknn never ran under load (measure: ecorec stress {path}" in part
    store(path, knn, joules_per_1000=5.0)
    found = json.loads(ecorec(*words, "--format", "json").stdout)[0]
    assert found["chosen"]["label"] == "lightgcn d=64"
    assert found["chosen"]["serving_j_per_1000"] == pytest.approx(1.0)
    assert found["chosen"]["in_use_j"] == pytest.approx(20 + 30 * 1.0)
    text = ecorec("results", str(path), "--front", "--cost", "serving").stdout
    assert "energy of 1,000 recommendations" in text
    assert "lightgcn d=64" in text
    # A newer one of another machine stands for nothing.
    assert {c["label"]: c["serving_j_per_1000"] for c in found["eligible"]} == pytest.approx(
        {"lightgcn d=64": 1.0, "itemknn": 5.0}
    )
