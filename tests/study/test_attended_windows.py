"""What a study measures beside its runs: a meter that must be asked is asked then, too."""

from pathlib import Path
from typing import Any

import pytest

from ecorec.energy.detect import SensorSettings
from ecorec.energy.hardware import describe_machine
from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading
from ecorec.graph.shard import ColumnShard
from ecorec.study import context, outlook
from ecorec.study.context import Context
from ecorec.study.execute import run_study
from ecorec.study.folder import StudyFolder
from ecorec.study.outlook import forecast_study
from ecorec.study.processes import warm_others
from ecorec.study.tuning.tune import tune
from ecorec.training.ranks import Ranks
from tests.sensors import Attended, Counted
from tests.study.executors.small_study import small
from tests.study.executors.test_dispatch import TWO
from tests.study.executors.test_dispatch import run as run_in_workers
from tests.study.tuning.test_tune import asked

pytestmark = pytest.mark.xdist_group("study")

ONE = {"models": ("lightgcn",), "seeds": (1,), "epochs": (2,)}


@pytest.fixture
def sensors(monkeypatch: pytest.MonkeyPatch) -> tuple[Counted, ...]:
    """A modelled process, which would stand in for the machine's meter where that is silent."""
    found = (Counted("cpu-time"), Attended())
    for module in (context, outlook):
        monkeypatch.setattr(module, "find_sensors", lambda *_: found)
    return found


@pytest.mark.usefixtures("sensors")
def test_of_a_forecast(tmp_path: Path) -> None:
    found = forecast_study(small(**ONE), tmp_path, seconds=0.05)
    assert found.warmup is not None
    assert (found.warmup.scope, found.sampling.scope) == ("machine", "machine")
    assert [item.total.scope for item in found.jobs] == ["machine"]
    # The forecast is all that was drawn for it: the warm-up and the samples.
    assert found.sampling.energy_j > found.warmup.energy_j


@pytest.mark.usefixtures("sensors")
def test_of_a_study_within_a_budget(tmp_path: Path) -> None:
    study = run_study(small(**ONE, budget="1MJ", sensors={"idle_s": 0}), tmp_path)
    names = {reading.name: reading.scope for reading in study.info.warmups}
    assert names == {"warmup": "machine", "forecast": "machine"}
    assert [record.total.scope for record in study.records] == ["machine"]


@pytest.mark.usefixtures("sensors")
def test_of_a_worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert TWO["executor"]["kind"] == "process"
    study, *_ = run_in_workers(tmp_path, monkeypatch, lambda *_: None)
    assert {reading.scope for reading in study.info.warmups} == {"machine"}
    assert {record.total.scope for record in study.records} == {"machine"}


class Others(Ranks):
    """Processes of which the other one has warmed up when it is asked."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(ColumnShard(0, 2))
        self._reading = reading

    def tell(self, order: str, *given: Any) -> None:
        assert order == "warm"

    def collect(self, own: Any) -> list[Any]:
        return [own, ("another machine", self._reading)]


def test_of_processes_that_share_a_model(sensors: tuple[Counted, ...], tmp_path: Path) -> None:
    meter = Counted("attended", "machine", "replayed", "machine").between(0.0, 5.0)
    there = Reading(name="warmup", duration_s=1.0, cpu_s=1.0, components=(meter,))
    shared = Context(
        folder=StudyFolder(tmp_path), hardware=describe_machine(), sensors=SensorSettings(),
        fingerprints={}, data_path=None, country=None, checkpoint_every=None,
        on_epoch=lambda *_: None, ranks=Others(there),
    )  # fmt: skip
    found = warm_others(shared, [], Meter(sensors))
    assert found is not None
    assert (found.scope, found.energy_j > 5.0) == ("machine", True)


def test_of_a_tuning(sensors: tuple[Counted, ...], tmp_path: Path) -> None:
    record = tune(asked(trials=1, epochs=(1,)), tmp_path / "t", sensors=sensors)
    assert [reading.scope for reading in record.warmups] == ["machine"]
    assert record.bill.scope == "machine"
