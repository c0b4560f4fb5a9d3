"""The study's files that the reference shows are ones that the program reads."""

import tomllib

from ecorec.study.plan import plan
from ecorec.study.settings import StudySettings
from tests.conftest import ROOT
from tests.docs.pages import FENCE


def files_of_the_reference() -> list[StudySettings]:
    page = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    texts = [match[2] for match in FENCE.finditer(page) if match[1] == "toml"]
    return [StudySettings.parse(tomllib.loads(text), "the reference") for text in texts]


def test_the_file_of_the_reference_is_a_study() -> None:
    study, _ = files_of_the_reference()
    assert study.datasets == ("movietweetings", "my.csv")
    assert study.set["lightgcn.l2_weight"] == 1e-4


def test_the_sections_of_the_reference_run_all_that_they_show() -> None:
    first, study = files_of_the_reference()
    assert not first.section
    assert study.replaced_factors() == {}
    runs = [job.longest for job in plan(study, 1)]
    assert {run.model for run in runs} == {"itemknn", "lightgcn", "simgcl"}
    assert {run.seed for run in runs if run.model == "lightgcn"} == {1, 2, 3}
    assert {run.seed for run in runs if run.model == "simgcl"} == {1}
