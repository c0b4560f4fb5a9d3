"""Curves with a known course: which checkpoint the code tests, and what is spent after it."""

from pathlib import Path
from typing import Any

import pytest

from ecorec.analysis.paper.beside import beside
from ecorec.analysis.paper.curve import curves, read_off
from ecorec.analysis.paper.effects import effects
from ecorec.analysis.paper.footprint import footprint, preset_of
from ecorec.analysis.paper.published import published
from ecorec.analysis.paper.quirks import named
from ecorec.report.paper_curve import in_words
from ecorec.study.execute import run_study
from ecorec.study.record import RunRecord
from ecorec.study.settings import StudySettings
from ecorec.study.store import read_study
from ecorec.study.study_file import read_study_file
from tests.analysis.paper.runs import run_record, study_of

LENGTHS = (100, 125, 200, 300, 400)
VALIDATION = {100: 0.43, 125: 0.44, 200: 0.42, 300: 0.415, 400: 0.41}
TEST = {100: 0.267, 125: 0.268, 200: 0.262, 300: 0.256, 400: 0.25}


def checkpoints(model: str = "lightgcn", **more: Any) -> list[RunRecord]:
    """Return a training's runs: best at 125, where the code does not look."""
    found = []
    for epochs in LENGTHS:
        run = run_record("as-run", model, epochs=epochs, ndcg=TEST[epochs], select="last",
                         validate_every=25, energy_j=epochs / 10, **more)  # fmt: skip
        *others, last = run.epochs
        last = last.model_copy(update={"validation": VALIDATION[epochs]})
        found.append(run.model_copy(update={"epochs": (*others, last), "best_epoch": epochs}))
    return found


def test_the_code_tests_the_best_of_every_hundredth() -> None:
    (curve,) = curves(checkpoints())
    assert [point.epoch for point in curve.points] == [*LENGTHS]
    assert curve.tested is not None
    assert (curve.peak.epoch, curve.tested.epoch) == (125, 100)
    # Seven tenths of a run's joules are training.
    assert curve.points[0].train_j == pytest.approx(7.0)
    assert curve.share_after(curve.tested) == pytest.approx(0.75)
    assert curve.share_after(curve.points[-1]) == 0.0


def test_joules_that_are_absent_have_no_share() -> None:
    records = [run.model_copy(update={"epochs": tuple(
        epoch.model_copy(update={"train_j": None}) for epoch in run.epochs)})
        for run in checkpoints()]  # fmt: skip
    (curve,) = curves(records)
    assert curve.points[0].train_j is None
    assert curve.tested is not None
    assert curve.share_after(curve.tested) is None


def test_the_last_epoch_of_a_shorter_training_is_checked_too() -> None:
    (curve,) = curves([run for run in checkpoints() if run.max_epochs in (100, 125)])
    assert curve.tested is not None
    assert curve.tested.epoch == 125


def test_a_checkpoint_that_was_not_tested_leaves_open_which_one_the_code_tests() -> None:
    records = [run for run in checkpoints() if run.max_epochs != 200]
    (curve,) = curves(records)
    assert curve.tested is None
    assert [(run.metrics["ndcg@10"], named(run)) for run in read_off(records)] == [
        (0.25, "as-run, select=last")
    ]
    assert "is not known" in in_words(curve, "ndcg@10")


def on_machine(runs: list[RunRecord], machine: str) -> list[RunRecord]:
    return [run.model_copy(update={"machine": run.machine.model_copy(
        update={"machine_id": machine})}) for run in runs]  # fmt: skip


def test_a_training_that_went_on_on_another_machine_is_one_curve() -> None:
    first, last = checkpoints()[:3], on_machine(checkpoints()[3:], "b")
    (curve,) = curves([*first, *last])
    assert [point.epoch for point in curve.points] == [*LENGTHS]
    assert curve.tested is not None
    assert curve.tested.epoch == 100
    assert curve.method == "assumed, 2 machines"


def test_the_same_training_on_two_machines_is_two_curves() -> None:
    found = curves([*checkpoints(), *on_machine(checkpoints(), "b")])
    assert [[point.epoch for point in curve.points] for curve in found] == [[*LENGTHS]] * 2


def test_seeds_and_models_are_trainings_of_their_own() -> None:
    records = [*checkpoints(), *checkpoints(seed=2), *checkpoints("simgcl")]
    assert len(curves(records)) == 3


@pytest.mark.parametrize(
    "other", [{"users_per_call": 1}, {"device": "cuda"}, {"shards": 2}, {"threads": 4}]
)
def test_trainings_measured_otherwise_are_curves_of_their_own(other: dict[str, Any]) -> None:
    again = [run.model_copy(update=other) for run in checkpoints()]
    found = curves([*checkpoints(), *again])
    assert [[point.epoch for point in curve.points] for curve in found] == [[*LENGTHS]] * 2


def test_runs_that_test_their_best_epoch_are_no_curve() -> None:
    records = [run_record("as-run", "lightgcn", epochs=epochs) for epochs in LENGTHS]
    assert curves(records) == []
    assert read_off(records) == records


def test_a_single_length_is_what_it_says() -> None:
    records = checkpoints()[-1:]
    assert read_off(records) == records


def test_as_run_is_read_off_with_the_joules_of_the_whole_training(tmp_path: Path) -> None:
    found = beside(published(), [study_of(checkpoints(), tmp_path / "s")])
    mine = [row for row in found if row.ours is not None and row.preset == "as-run"]
    quality = next(
        row for row in mine if row.cell.table == "table-2" and "ndcg" in row.cell.quantity
    )
    assert (quality.ours, quality.epochs, quality.n_runs) == (0.267, 400, 1)
    (as_run, _) = read_off(checkpoints())
    spent = footprint(as_run, preset_of(as_run))
    assert spent is not None
    # 16 validations of 6 J in all were made, four of them are the code's; 12 J a second.
    assert spent.duration_s == pytest.approx((40 - 6 * 12 / 16) / 12)
    assert not spent.extrapolated


def test_the_text_s_last_epoch_is_read_off_as_well(tmp_path: Path) -> None:
    (item,) = effects([study_of(checkpoints(), tmp_path / "s")])
    assert (item.quirk.name, item.before, item.after) == ("last-epoch", 0.267, 0.25)
    assert item.energy is not None
    assert item.energy.value == pytest.approx(1.0)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["ngcf", "lightgcn", "simgcl", "lightgcl"])
def test_what_is_read_off_is_what_the_code_s_own_study_reaches(model: str, tmp_path: Path) -> None:
    change = {"models": [model], "datasets": ["synthetic:block?users=60"], "embedding_sizes": [8]}
    found = {}
    for name in ("as-run", "as-run-curve"):
        study = read_study_file(Path(f"studies/paper/{name}.toml"))
        run_study(StudySettings.parse(study | change, name), tmp_path / name)
        found[name] = read_off(read_study(tmp_path / name).records)
    (own,), (read, last) = found["as-run"], found["as-run-curve"]
    assert read.metrics == own.metrics
    assert read.best_epoch == own.best_epoch
    assert (read.settings, read.max_epochs) == (own.settings, own.max_epochs)
    assert last.best_epoch == 400
