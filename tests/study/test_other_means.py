"""Runs that go on under other sensors, or other watts, than they began under."""

from pathlib import Path

import pytest

from ecorec.energy.reading import ComponentEnergy, Reading
from ecorec.study import context as context_module
from ecorec.study.execute import run_study
from ecorec.study.other_means import how_measured
from ecorec.training.trainer import Trainer
from tests.sensors import Counted
from tests.study.test_budget import EPOCH_J, Interrupt
from tests.study.test_study import run, small

pytestmark = pytest.mark.xdist_group("study")


def test_joules_of_epochs_by_a_sensor_that_is_gone_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    always, gone = Counted("cpu-time"), Counted("rapl-package", method="counter", scope="machine")
    train_epoch = Trainer.train_epoch

    def counted(self: Trainer) -> float:
        always.joules += EPOCH_J
        gone.joules += 3 * EPOCH_J
        return train_epoch(self)

    monkeypatch.setattr(Trainer, "train_epoch", counted)
    monkeypatch.setattr(context_module, "failing", lambda *_: {})
    asked = {"models": ("lightgcn",), "epochs": (6,), "checkpoint_every": 2,
             "sensors": {"idle_s": 0}}  # fmt: skip
    monkeypatch.setattr(context_module, "find_sensors", lambda *_: (always, gone))
    with pytest.raises(KeyboardInterrupt):
        run_study(small(**asked), tmp_path / "s", listener=Interrupt())
    monkeypatch.setattr(context_module, "find_sensors", lambda *_: (always,))
    study, _ = run(tmp_path / "s", **asked)
    [record] = study.records
    # Five epochs, of which the fifth left no state, and two more.
    assert (record.total.energy_j, record.total.methods) == (7 * EPOCH_J, ("modelled",))
    assert [epoch.train_j for epoch in record.epochs] == [None] * 4 + [EPOCH_J] * 2
    said = "earlier attempts were read by rapl-package, all together by cpu-time: the joules of "
    assert [text for text in record.total.warnings if text.startswith(said)]


def test_watts_that_were_others_are_named() -> None:
    item = ComponentEnergy(
        component="cpu", sensor="cpu-time", method="assumed", scope="process",
        energy_j=60.2, low_j=30.0, high_j=90.0, reason="--watts-per-cpu",
    )  # fmt: skip
    earlier = Reading(name="total", duration_s=9.0, cpu_s=10.0, components=(item,))
    assert how_measured(earlier, earlier, (3.0, 6.0, 9.0)) == ()
    said = "earlier attempts were billed 6.02 W a busy CPU, this one 2 W"
    assert how_measured(earlier, earlier, (1.0, 2.0, 3.0)) == (said,)
