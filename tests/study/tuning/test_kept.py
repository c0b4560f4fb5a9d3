"""The tuned settings that are kept in the repository are studies, within the spaces searched."""

import pytest

from ecorec.study.plan import plan
from ecorec.study.settings import StudySettings
from ecorec.study.study_file import read_study_file
from ecorec.study.tuning.spaces import SPACES
from tests.conftest import ROOT

FILES = sorted((ROOT / "studies" / "tuned").glob("*.toml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_kept_settings_run_and_lie_in_their_spaces(file) -> None:
    study = StudySettings.parse(read_study_file(file), file.name)
    runs = {job.longest.model: job.longest for job in plan(study, 1)}
    assert len(runs) == len(study.section) > 7
    for section in study.section:
        model = section.models[0]
        run = runs[model]
        own = run.model_settings | (run.training.model_dump() if run.training else {})
        stated = {key.removeprefix(f"{model}."): value for key, value in section.set.items()}
        assert stated.keys() == SPACES[model].settings.keys()
        for name, value in stated.items():
            assert own[name] == value
            assert SPACES[model].settings[name].holds(value)
        assert run.data.k_core == 10
