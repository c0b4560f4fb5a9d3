"""Quirks say what the presets say, and together all of it; each ladder turns one at a time."""

import pytest

from ecorec.analysis.paper.ablation import LADDERS, Ladder, Scale, ablation, quirks_in
from ecorec.analysis.paper.published import MODELS
from ecorec.analysis.paper.quirks import (
    QUIRKS,
    changed,
    named,
    preset_values,
    quirk_values,
    turned,
)
from ecorec.report.paper_ablation import study_file
from ecorec.study.plan import plan
from ecorec.study.settings import StudySettings
from ecorec.study.study_file import read_study_file
from tests.analysis.paper.runs import run_record
from tests.conftest import ROOT

QUIRK = {quirk.name: quirk for quirk in QUIRKS}


def resolved(preset: str, model: str) -> dict[str, object]:
    """Every setting of a run, not only those of a quirk."""
    study = StudySettings.parse({"preset": preset, "models": [model], "epochs": [400]}, "it")
    run = plan(study, 1)[0].longest
    training = run.training.model_dump() if run.training else {}
    return {
        **{f"model.{key}": value for key, value in run.model_settings.items()},
        **{f"training.{key}": value for key, value in training.items()},
    }


@pytest.mark.parametrize("model", MODELS)
def test_together_the_quirks_are_all_of_the_difference(model: str) -> None:
    code, mine = resolved("as-run", model), resolved("recommended", model)
    different = {key for key in code | mine if code.get(key) != mine.get(key)}
    stated = {key for quirk in QUIRKS if quirk.kind == "code" and model in quirk.models
              for key in quirk.keys}  # fmt: skip
    assert different == stated


@pytest.mark.parametrize("quirk", [q for q in QUIRKS if q.kind == "text"], ids=lambda q: q.name)
def test_what_the_text_says_is_not_what_the_code_does(quirk) -> None:
    for model in quirk.models:
        code, text = (preset_values(name, model) for name in ("as-run", "as-described"))
        assert all(code[key] != text[key] for key in quirk.keys)


def test_the_framework_would_validate_otherwise_than_the_code() -> None:
    (quirk,) = [quirk for quirk in QUIRKS if quirk.kind == "framework"]
    values = quirk_values(quirk, "simgcl")
    assert values == {"training.validate_every": 1, "training.patience": 11}
    stopped = run_record("as-run", "simgcl", validate_every=1, patience=11)
    assert turned(stopped, quirk, values)
    assert named(stopped) == "as-run, validate_every=1"
    assert not turned(run_record("as-run", "simgcl", validate_every=1), quirk, values)
    assert not turned(run_record("as-run", "simgcl", patience=11), quirk, values)


def test_patience_tells_no_run_from_its_preset() -> None:
    assert changed(run_record("recommended", "ngcf", patience=12)) == {}
    assert named(run_record("recommended", "ngcf", patience=12)) == "recommended"


def test_a_run_of_a_preset_has_nothing_of_its_own() -> None:
    for preset in ("as-run", "recommended"):
        for model in MODELS:
            assert changed(run_record(preset, model)) == {}
    assert named(run_record("as-run", "ngcf")) == "as-run"


def test_what_was_run_otherwise_is_named() -> None:
    record = run_record("as-run", "ngcf", ngcf__dropout_at_evaluation=False)
    assert changed(record) == {"model.dropout_at_evaluation": False}
    assert named(record) == "as-run, dropout_at_evaluation=False"
    quirk = QUIRK["ngcf-dropout"]
    assert turned(record, quirk, {"model.dropout_at_evaluation": False})
    assert not turned(record, quirk, {"model.dropout_at_evaluation": True})
    two = run_record("as-run", "ngcf", ngcf__dropout_at_evaluation=False, learning_rate=0.005)
    assert not turned(two, quirk, {"model.dropout_at_evaluation": False})


def test_a_width_spelt_out_is_the_tied_one() -> None:
    quirk, tied = QUIRK["ngcf-width"], {"model.layer_size": None}
    assert turned(run_record("as-run", "ngcf", size=32, ngcf__layer_size=32), quirk, tied)
    assert not turned(run_record("as-run", "ngcf", size=32), quirk, tied)
    assert changed(run_record("as-run", "ngcf", size=64)) == {}
    assert changed(run_record("recommended", "ngcf", size=64, ngcf__layer_size=64)) == {}


def test_conditions_are_no_other_preset() -> None:
    record = run_record("as-run", "ngcf", kernel="edge-wise", users_per_call=1)
    assert set(changed(record)) == {"measurement.kernel", "measurement.users_per_call"}
    assert named(record) == "as-run"


@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder.name)
def test_each_training_differs_from_its_preset_by_one_quirk(ladder: Ladder, tmp_path) -> None:
    scale = Scale(embedding_sizes=(32, 64), epochs=20, energy_epochs=2, seeds=(1,))
    file = tmp_path / "it.toml"
    file.write_text(study_file(ladder, scale))
    jobs = plan(StudySettings.parse(read_study_file(file), str(file)), 1)
    assert plan(StudySettings.parse(ablation(ladder, scale), "it"), 1) == jobs
    runs = [job.longest for job in jobs]
    seen = []
    for job in jobs:
        run, own = job.longest, job.longest.model_settings
        size = own["embedding_size"]
        before = preset_values(ladder.preset, run.model)
        training = {"comparison": run.training.comparison, **run.training.model_dump()}
        groups = {"model": own, "training": training,
                  "split": run.split.model_dump(), "measurement": job.measurement.model_dump()
                  }  # fmt: skip
        differing = set()
        for key, value in before.items():
            group, _, name = key.partition(".")
            now = groups[group].get(name)
            if key == "model.layer_size":
                now, value = now or size, value or size
            if now != value:
                differing.add(key)
        if not differing:
            seen.append(("", run.model, size))
            continue
        (quirk,) = [q for q in ladder.quirks if differing <= set(q.keys) and run.model in q.models]
        assert run.training.epochs == (2 if quirk.kind == "energy" else 20)
        seen.append((quirk.name, run.model, size))
    expected = [("", model, size) for model in MODELS for size in (32, 64)]
    expected += [
        (quirk.name, model, size)
        for quirk in quirks_in(ladder, scale)
        for model in quirk.models
        for size in (32, 64)
        if not (quirk.name == "ngcf-width" and size == 64)
    ]
    assert sorted(seen) == sorted(expected)
    assert {run.split_seed for run in runs} == {2020}


def test_the_page_names_every_quirk() -> None:
    page = (ROOT / "docs" / "explanation" / "paper.md").read_text(encoding="utf-8")
    missing = [quirk.name for quirk in QUIRKS if f"`{quirk.name}`" not in page]
    assert missing == []


def test_at_64_there_is_no_width_to_turn() -> None:
    names = {quirk.name for quirk in quirks_in(LADDERS[0], Scale())}
    assert "ngcf-width" not in names
    assert "ngcf-width" in {q.name for q in quirks_in(LADDERS[0], Scale(embedding_sizes=(32,)))}
    assert "ngcf-dropout" not in {q.name for q in quirks_in(LADDERS[0], Scale(models=("simgcl",)))}
