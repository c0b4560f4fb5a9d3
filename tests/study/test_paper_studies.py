"""`studies/paper/`: the paper's grid under three presets, down to the settings of each run."""

import pytest

from ecorec.study.plan import Job, plan
from ecorec.study.settings import StudySettings
from ecorec.study.study_file import read_study_file
from tests.conftest import ROOT

FOLDER = ROOT / "studies" / "paper"
NAMES = ("as-run", "as-run-energy", "as-described", "recommended")
MODELS = {"ngcf", "lightgcn", "simgcl", "lightgcl"}
GRID = {
    (dataset, model, size)
    for dataset in ("ml-1m", "amazon-beauty", "dianping")
    for model in MODELS
    for size in (32, 64, 128, 256)
}


def study(name: str) -> StudySettings:
    path = FOLDER / f"{name}.toml"
    return StudySettings.parse(read_study_file(path), str(path))


def jobs(name: str) -> list[Job]:
    return plan(study(name), 1)


def at_64(name: str) -> dict[str, Job]:
    return {
        job.longest.model: job
        for job in jobs(name)
        if job.longest.dataset == "ml-1m"
        and job.longest.model_settings["embedding_size"] == 64
        and job.longest.seed in (1, 2020)
    }


def test_there_are_no_other_files() -> None:
    others = {"as-run-curve", "as-run-stopped"}
    assert {path.stem for path in FOLDER.glob("*.toml")} == {*NAMES, *others}


def test_what_is_stopped_is_as_run_with_the_framework_s_validation() -> None:
    whole = [job.longest for job in jobs("as-run") if job.longest.dataset == "ml-1m"]
    stopped = [job.longest for job in jobs("as-run-stopped")]
    assert len(stopped) == len(whole) == 16
    for run in stopped:
        assert run.training is not None
        assert (run.training.validate_every, run.training.patience) == (1, 11)
        changes = {"validate_every": 100, "patience": None}
        as_if = run.training.model_copy(update=changes)
        assert run.model_copy(update={"training": as_if}) in whole


def test_the_curve_is_as_run_s_training_tested_on_its_way() -> None:
    own, curve = at_64("as-run"), at_64("as-run-curve")
    assert set(curve) == MODELS
    for model, job in curve.items():
        epochs = [run.training.epochs for run in job.runs if run.training]
        assert epochs == [1, 2, 5, 10, *range(25, 401, 25)]
        changes = {"select": "best", "validate_every": 100}
        assert job.longest.training is not None
        as_if = job.longest.training.model_copy(update=changes)
        assert job.longest.model_copy(update={"training": as_if}) == own[model].longest


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_grid(name: str) -> None:
    planned = jobs(name)
    cells = {
        (run.dataset, run.model, run.model_settings["embedding_size"])
        for run in (job.longest for job in planned)
    }
    assert cells == GRID
    n_seeds = 3 if name == "recommended" else 1
    assert len(planned) == 48 * n_seeds
    for job in planned:
        run = job.longest
        assert run.training is not None
        assert run.topk == (10, 100)
        assert run.training.batch_size == 2048
        assert run.training.epochs == (3 if name == "as-run-energy" else 400)
        # NGCF rests for long on MovieLens-1M before it goes on.
        patience = 12 if run.model == "ngcf" else 5
        assert run.training.patience == (patience if name == "recommended" else None)
        assert len(job.runs) == 1


def test_as_run() -> None:
    for job in jobs("as-run"):
        run = job.longest
        assert (run.split.protocol, run.split.order, run.split_seed) == ("ratio", "random", 2020)
        assert run.training is not None
        assert run.training.learning_rate == 0.001
        assert (run.training.metric, run.training.validate_every) == ("mrr@10", 100)
        assert run.training.select == "best"
        assert run.model_settings["ranking_loss"] == "bpr"
        assert run.model_settings["n_layers"] == (3 if run.model == "ngcf" else 2)
        if run.model == "ngcf":
            assert run.model_settings["layer_size"] == 64
            assert run.model_settings["dropout"] == 0.1
            assert run.model_settings["dropout_at_evaluation"] is True
        assert (job.measurement.kernel, job.measurement.users_per_call) == (None, None)
    simgcl, lightgcl = (at_64("as-run")[name].longest.model_settings for name in
                        ("simgcl", "lightgcl"))  # fmt: skip
    assert (simgcl["contrastive_reduction"], simgcl["contrastive_weight"]) == ("sum", 0.5)
    assert simgcl["temperature"] == 0.2
    assert (lightgcl["rank"], lightgcl["contrastive_weight"]) == (5, 0.01)
    assert (lightgcl["temperature"], lightgcl["contrast_negatives"]) == (0.8, False)


def test_as_run_energy_is_as_run_but_for_its_epochs_and_conditions() -> None:
    for model, job in at_64("as-run-energy").items():
        run, whole = job.longest, at_64("as-run")[model].longest
        assert run.training is not None
        same = run.model_copy(update={"training": run.training.model_copy(update={"epochs": 400})})
        assert same == whole
        assert job.measurement.users_per_call == 1
        assert job.measurement.kernel == ("library" if model == "lightgcl" else "edge-wise")


def test_as_described() -> None:
    settings = study("as-described")
    assert settings.sensors.codecarbon_every_s == 30
    for job in jobs("as-described"):
        run = job.longest
        assert run.split.protocol == "leave-one-out"
        assert run.training is not None
        assert (run.training.select, run.training.learning_rate) == ("last", 0.001)
        assert run.model_settings["n_layers"] == 3
        expected = "bce" if run.model == "lightgcn" else "bpr"
        assert run.model_settings["ranking_loss"] == expected
        if run.model == "ngcf":
            assert run.model_settings["layer_size"] is None


def test_recommended_has_the_split_of_as_run() -> None:
    theirs = at_64("as-run")
    for model, job in at_64("recommended").items():
        run, other = job.longest, theirs[model].longest
        assert (run.split, run.split_seed, run.data) == (other.split, 2020, other.data)
        assert run.training is not None
        assert (run.training.metric, run.training.validate_every) == ("ndcg@10", 5)
    assert {job.longest.seed for job in jobs("recommended")} == {1, 2, 3}
    ours = at_64("recommended")
    simgcl = ours["simgcl"].longest
    assert simgcl.training is not None
    assert simgcl.training.learning_rate == 0.002
    assert simgcl.model_settings["contrastive_reduction"] == "mean"
    assert simgcl.model_settings["contrastive_weight"] == 0.01
    assert simgcl.model_settings["temperature"] == 0.05
    assert ours["ngcf"].longest.model_settings["dropout_at_evaluation"] is False
