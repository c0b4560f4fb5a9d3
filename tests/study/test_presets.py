"""Presets and stored studies: what they resolve to, and that a run's own command repeats it."""

import shlex
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from typer.main import get_command

from ecorec.cli.main import app
from ecorec.cli.study_of import study_of
from ecorec.errors import InputError
from ecorec.study.describe import command_line
from ecorec.study.plan import Job, plan
from ecorec.study.run_settings import MeasurementSettings, RunSettings
from ecorec.study.settings import StudySettings
from ecorec.study.study_file import read_study_file
from tests.conftest import ROOT

PUBLISHED = ROOT / "studies" / "ml-1m-published"
TRAINED_THERE = ("bpr-mf", "ngcf", "lightgcn", "lightgcl", "sgl", "simgcl", "xsimgcl")


def planned(**study: object) -> list[RunSettings]:
    return [job.longest for job in plan(StudySettings.parse(study, "the study"), 1)]


def test_as_described_states_what_the_study_leaves_open() -> None:
    runs = planned(preset="as-described", models=["lightgcn", "ngcf", "ultragcn"])
    assert {run.split.protocol for run in runs} == {"leave-one-out"}
    assert {run.topk for run in runs} == {(10, 100)}
    training = {run.model: run.training for run in runs}
    assert {settings.epochs for settings in training.values()} == {400}
    assert {settings.select for settings in training.values()} == {"last"}
    assert training["ultragcn"].n_negatives == 300
    settings = {run.model: run.model_settings for run in runs}
    assert settings["lightgcn"]["ranking_loss"] == "bce"
    assert settings["ngcf"]["ranking_loss"] == "bpr"
    assert settings["lightgcn"]["n_layers"] == settings["ngcf"]["n_layers"] == 3


def test_what_the_study_states_wins_over_the_preset() -> None:
    (run,) = planned(preset="as-described", models=["lightgcn"], split="ratio", epochs=[7])
    assert run.split.protocol == "ratio"
    assert run.training.epochs == 7


def test_a_preset_of_that_name_is_missed_at_once() -> None:
    with pytest.raises(InputError, match="no preset is called `as-descried`"):
        StudySettings.parse({"preset": "as-descried"}, "the study")


def test_layers_are_for_models_that_propagate() -> None:
    runs = planned(models=["bpr-mf", "lightgcn"], layers=[1, 2])
    assert [run.model for run in runs] == ["bpr-mf", "lightgcn", "lightgcn"]


@pytest.mark.parametrize(
    ("model", "setting", "value"),
    [
        ("ultragcn", "n_negatives", 1),
        ("ultragcn", "sampler", "popularity"),
        ("lightgcn", "select", "last"),
        ("lightgcl", "contrastive_weight", 0.01),
        ("bpr-mf", "ranking_loss", "ccl"),
    ],
)
def test_the_command_of_a_run_repeats_it(model: str, setting: str, value: object) -> None:
    """Also where a value is the default, which preset `recommended` would change."""
    study = StudySettings.parse({"models": [model], "set": {f"{model}.{setting}": value}}, "it")
    (job,) = plan(study, 1)
    words = shlex.split(command_line(job.longest, job.measurement))
    stated = dict(word.split("=", 1) for flag, word in pairwise(words) if flag == "--set")
    group = model if setting in job.longest.model_settings else "training"
    assert stated[f"{group}.{setting}"] == str(value)
    assert repeated(words) == job
    assert not [word for word in words if word.startswith("split.")]


MEASURED = {
    "threads": 3, "device": "cuda", "kernel": "edge-wise", "repeat": 1, "users_per_call": 7,
    "shards": 2, "memory_map": "a folder",
}  # fmt: skip
"""Each otherwise than it would be by itself, but for the repeat: a command is of one run."""


@pytest.mark.parametrize("split", [{}, {"split.valid_share": 0.2}, {"split.order": "time"}])
def test_the_command_of_a_run_says_how_it_was_measured(split: dict[str, object]) -> None:
    assert MEASURED.keys() == MeasurementSettings.model_fields.keys()
    (job,) = plan(StudySettings.parse({"models": ["lightgcn"], "set": split}, "it"), 1)
    words = shlex.split(command_line(job.longest, MeasurementSettings.model_validate(MEASURED)))
    again = repeated(words)
    assert again.longest == job.longest
    assert again.measurement.model_dump() == MEASURED


def repeated(words: list[str]) -> Job:
    """Return what the program plans when it is given the words of a run's command."""
    shards = int(words[words.index("--nproc-per-node") + 1]) if words[0] == "torchrun" else 1
    command: Any = get_command(app)
    context = command.commands["run"].make_context("run", words[words.index("run") + 1 :])
    # As typer hands them over: what is repeatable is a list, or nothing.
    given = {k: list(v) or None if isinstance(v, tuple) else v for k, v in context.params.items()}
    study, _ = study_of(given)
    assert study.threads is not None
    (job,) = plan(study, study.threads)
    measured = job.measurement.model_copy(update={"shards": shards})
    return replace(job, measurement=measured)


@pytest.mark.parametrize("model", TRAINED_THERE)
def test_published_studies_state_one_run_each(model: str) -> None:
    path = PUBLISHED / f"{model}.toml"
    (job,) = plan(StudySettings.parse(read_study_file(path), str(path)), 1)
    run = job.longest
    assert (run.model, run.data.min_rating, run.split_seed) == (model, 3, 1)
    training = run.training
    # NGCF's validation rests for longer than RecBole's patience, then climbs to what is published.
    patience = 50 if model == "ngcf" else 11
    assert (training.epochs, training.batch_size, training.patience) == (500, 4096, patience)
    assert (training.metric, training.validate_every) == ("mrr@10", 1)
    assert run.model_settings["embedding_size"] == 64
