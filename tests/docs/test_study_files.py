"""The study's file that the reference shows is one that the program reads."""

import tomllib

from ecorec.study.settings import StudySettings
from tests.conftest import ROOT
from tests.docs.pages import FENCE


def test_the_file_of_the_reference_is_a_study() -> None:
    page = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    (text,) = [match[2] for match in FENCE.finditer(page) if match[1] == "toml"]
    study = StudySettings.parse(tomllib.loads(text), "the reference")
    assert study.datasets == ("movietweetings", "my.csv")
    assert study.set["lightgcn.l2_weight"] == 1e-4
