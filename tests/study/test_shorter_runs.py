"""Runs of fewer epochs that come of one training, on a sensor that reads epochs and tests."""

from pathlib import Path

import pytest

from ecorec.study.under_way import UnderWay
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
