"""Studies as files and options state them: what is replaced is said, the rest is refused."""

from pathlib import Path

from ecorec.study.settings import StudySettings
from tests.cli.invoke import ecorec

DATA = "synthetic:block?users=60&items=120&per_user=8"


def test_factors_that_every_section_replaces_are_named(tmp_path: Path) -> None:
    head = f'datasets = ["{DATA}"]\nmodels = ["itemknn", "lightgcn"]\nepochs = [1]\n'
    (tmp_path / "s.toml").write_text(head + '[[section]]\nmodels = ["popularity"]\n')
    told = ecorec("forecast", "s.toml", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert told.stderr == (
        "`models = itemknn, lightgcn` stands above [[section]], is replaced in each, and not run\n"
    )
    others = '[[section]]\nmodels = ["popularity"]\n[[section]]\nseeds = [2]\n'
    (tmp_path / "s.toml").write_text(head.replace(', "lightgcn"', "") + others)
    assert ecorec("forecast", "s.toml", cwd=tmp_path).stderr == ""


def test_what_a_preset_says_of_epochs_was_not_dropped_from_the_file() -> None:
    values = {"preset": "as-described", "section": [{"models": ["bpr-mf"], "epochs": [5]}]}
    assert StudySettings.parse(values, "the study").replaced_factors() == {}
