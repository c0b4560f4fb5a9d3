"""A counter that cannot be read for a moment of a run: what the run makes of it meanwhile."""

from pathlib import Path

import pytest

from ecorec.analysis.study_analysis import analyse
from ecorec.energy.reading import Reading, Scope
from ecorec.planning.purse import Purse
from ecorec.report.page_data import page_data
from ecorec.study import context
from ecorec.study.execute import run_study
from ecorec.study.listener import Silent
from ecorec.training.green_stopping import GreenStopping
from tests.sensors import Counted
from tests.study.executors.small_study import small

pytestmark = pytest.mark.xdist_group("study")

LOST_IN = 4
"""The epoch at whose end the counter cannot be read."""


class Machine(Counted):
    """A counter of the machine, which draws ten joules between two looks."""

    def __init__(self) -> None:
        super().__init__("machine", "cpu", "replayed", "machine")

    def read(self) -> float | None:
        self.joules += 10.0
        return super().read()


class Losing(Silent):
    """Takes the counter away from the end of an epoch to the end of the next."""

    def __init__(self, counter: Counted) -> None:
        self._counter = counter

    def epoch_done(self, job, epoch) -> None:
        self._counter.lost = epoch.epoch == LOST_IN - 1


def test_the_smaller_joules_of_the_process_do_not_stand_in_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    process, machine = Counted("cpu-time"), Machine()
    monkeypatch.setattr(context, "find_sensors", lambda *_: (process, machine))
    spent: list[float | None] = []
    allowed: list[tuple[Scope | None, Scope | None]] = []
    observe, allows = GreenStopping.observe, Purse.allows_epoch

    def observed(self, epoch: int, spent_j: float | None, value: float) -> None:
        spent.append(spent_j)
        observe(self, epoch, spent_j, value)

    def asked(self, run: Reading, epoch: Reading) -> bool:
        allowed.append((run.scope, epoch.scope))
        return allows(self, run, epoch)

    monkeypatch.setattr(GreenStopping, "observe", observed)
    monkeypatch.setattr(Purse, "allows_epoch", asked)
    settings = small(
        models=("lightgcn",), seeds=(1,), epochs=(7,), budget="1MJ", sensors={"idle_s": 0},
        set={"validate_every": 1, "batch_size": 256, "stop_when": "gain<0.0001% per 1MJ"},
    )  # fmt: skip
    study = run_study(settings, tmp_path, listener=Losing(machine))
    (record,) = study.records
    assert (record.total.scope, record.ended_by) == ("machine", None)
    assert [epoch.epoch for epoch in record.epochs if epoch.train_j is None] == [LOST_IN]
    assert [at + 1 for at, joules in enumerate(spent) if joules is None] == [LOST_IN]
    rising = [joules for joules in spent if joules is not None]
    assert rising == sorted(rising)
    assert rising[0] > 0
    known = ("machine", "machine")
    assert allowed == [known, known, (None, "machine"), ("machine", None), known, known]
    # On the page, what training drew is in what no phase accounts for, not a part of it as all.
    (benchmark,) = page_data(analyse(study, with_contaminated=True))["benchmarks"]
    phases = {line["phase"]: line["energy"] for line in benchmark["phases"]}
    assert "train" not in phases
    assert sum(phases.values()) == pytest.approx(record.total.energy_j)
    assert record.unbooked.energy_j is None
