"""Runs of fewer epochs that come of one training, on a sensor that reads epochs and tests."""

from pathlib import Path

import pytest

from ecorec.analysis.decision.validation import validation_of
from ecorec.study.under_way import UnderWay
from tests.sensors import Counted
from tests.study.test_budget import EPOCH_J, sensor, start  # noqa: F401

pytestmark = pytest.mark.xdist_group("study")
TEST_J = 100.0


@pytest.fixture
def tested(sensor, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    evaluate = UnderWay.evaluate

    def counted(self, settings):
        sensor.joules += TEST_J
        return evaluate(self, settings)

    monkeypatch.setattr(UnderWay, "evaluate", counted)


@pytest.mark.usefixtures("tested")
@pytest.mark.parametrize(
    ("more", "n_epochs"),
    [
        # Nothing is learnt, so that the second validation is no better than the first.
        ({"learning_rate": 1e-12, "patience": 1}, (2, 2)),
        ({"learning_rate": 0.02}, (3, 6)),
    ],
)
def test_every_run_has_one_test_on_its_bill_also_where_patience_cut_it_off(
    tmp_path: Path, more: dict[str, float], n_epochs: tuple[int, int]
) -> None:
    settings = {"validate_every": 1, "batch_size": 256} | more
    study, labels = start(tmp_path / "s", models=("lightgcn",), epochs=(3, 6), set=settings)
    assert labels == ["lightgcn d=8 seed 1"]
    records = sorted(study.records, key=lambda record: record.max_epochs)
    assert tuple(len(record.epochs) for record in records) == n_epochs
    for record, n in zip(records, n_epochs, strict=True):
        by_name = {phase.name: phase for phase in record.phases}
        assert by_name["test"].energy_j == TEST_J
        assert record.total.energy_j == n * EPOCH_J + TEST_J
    shorter, longer = records
    # What storing the shorter one takes is aside, as of one that a training passes on its way.
    assert "checkpoint" not in {phase.name for phase in shorter.phases}
    assert "checkpoint" in {phase.name for phase in longer.phases}


@pytest.mark.parametrize(
    "ways",
    [
        {"repeats": 2},
        {"vary": {"threads": (1, 2)}},
        {"vary": {"kernel": ("library", "fixed-width")}},
        {"vary": {"users_per_call": (1, 16)}},
    ],
)
def test_every_way_of_measuring_has_every_run_and_nothing_is_run_again(
    ways: dict[str, object], tmp_path: Path
) -> None:
    asked = {"models": ("lightgcn",), "epochs": (2, 4), **ways}
    study, labels = start(tmp_path / "s", **asked)
    assert len(labels) == 2
    assert sorted(record.max_epochs for record in study.records) == [2, 2, 4, 4]
    before = {file: file.read_bytes() for file in (tmp_path / "s" / "runs").rglob("*.json")}
    again, labels = start(tmp_path / "s", **asked)
    assert (labels, len(again.records)) == ([], 4)
    assert {file: file.read_bytes() for file in before} == before


def test_a_shorter_run_that_is_asked_for_later_is_trained_alone(
    sensor: Counted,  # noqa: F811
    tmp_path: Path,
) -> None:
    start(tmp_path / "s", models=("lightgcn",), epochs=(6,))
    [file] = (tmp_path / "s" / "runs").rglob("record.json")
    before, drawn = file.read_bytes(), sensor.joules
    both, labels = start(tmp_path / "s", models=("lightgcn",), epochs=(2, 6))
    assert labels == ["lightgcn d=8 seed 1"]
    # One epoch warms up; the six that were trained are not trained again.
    assert sensor.joules - drawn == (2 + 1) * EPOCH_J
    assert sorted(record.max_epochs for record in both.records) == [2, 6]
    assert file.read_bytes() == before
    assert not list((tmp_path / "s" / "runs").rglob("measurements/*.json"))
    assert start(tmp_path / "s", models=("lightgcn",), epochs=(2, 6))[1] == []
    alone, _ = start(tmp_path / "alone", models=("lightgcn",), epochs=(2,))
    [shorter] = [record for record in both.records if record.max_epochs == 2]
    assert (shorter.run_id, shorter.metrics) == (alone.records[0].run_id, alone.records[0].metrics)


def test_the_validation_of_an_epoch_that_only_a_shorter_run_ends_with_is_its_own(
    tmp_path: Path,
) -> None:
    settings = {"validate_every": 5, "batch_size": 256, "learning_rate": 0.02}
    study, _ = start(tmp_path / "s", models=("lightgcn",), epochs=(3, 5), set=settings)
    shorter, longer = sorted(study.records, key=lambda record: record.max_epochs)
    alone, _ = start(tmp_path / "alone", models=("lightgcn",), epochs=(3,), set=settings)
    assert [epoch.validation for epoch in shorter.epochs[:2]] == [None, None]
    assert shorter.epochs[2].validation == alone.records[0].epochs[2].validation is not None
    assert shorter.best_epoch == 3
    assert validation_of(shorter, "ndcg@10") == shorter.epochs[2].validation
    assert [epoch.validation is None for epoch in longer.epochs] == [True] * 4 + [False]
