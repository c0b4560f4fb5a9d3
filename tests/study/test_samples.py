"""Samples: what is in them, and at how many moments they are taken."""

from pathlib import Path

import pytest

from ecorec.study import outlook
from ecorec.study.forecast import one_epoch
from ecorec.study.outlook import forecast_study
from ecorec.study.samples import forecast_jobs, take
from ecorec.study.samples.forecast_jobs import ROUNDS, SAMPLE_S
from tests.analysis.records import calibration
from tests.planning.test_forecast import ERROR
from tests.sensors import Counted
from tests.study.test_forecast import sensor  # noqa: F401
from tests.study.test_study import small

pytestmark = pytest.mark.xdist_group("study")


def test_a_fit_is_validated_once(tmp_path: Path) -> None:
    [item] = forecast_study(small(models=("itemknn",)), tmp_path, seconds=0.1, error=ERROR).jobs
    assert [phase.name for phase in item.run.phases] == [
        "load", "split", "graph", "train", "validate", "test", "checkpoint",
    ]  # fmt: skip
    assert one_epoch(item).cpu_s == pytest.approx(item.run.total.cpu_s)


def test_several_moments_are_one_forecast(
    sensor: Counted, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    settings = small(models=("lightgcn",), epochs=(20,), threads=1)
    [once] = forecast_study(settings, tmp_path, seconds=0.9 * SAMPLE_S, error=ERROR).jobs
    [often] = forecast_study(settings, tmp_path, seconds=SAMPLE_S, error=ERROR).jobs
    trained = [[p for p in item.run.parts if p.phase == "train"] for item in (once, often)]
    assert [len(parts) for parts in trained] == [1, ROUNDS]
    assert often.run.total.energy_j == pytest.approx(once.run.total.energy_j)


def test_the_least_that_is_worth_beginning_holds_its_validation(tmp_path: Path) -> None:
    settings = small(models=("lightgcn",), epochs=(20,), threads=1)  # validated ten times
    [item] = forecast_study(settings, tmp_path, seconds=0.1, error=ERROR).jobs
    phases = {phase.name: phase.cpu_s for phase in item.run.phases}
    beside = {"train": 20, "unbooked": 20, "validate": 10}
    least = sum(cpu_s / beside.get(name, 1) for name, cpu_s in phases.items())
    assert one_epoch(item).cpu_s == pytest.approx(least)
    without = least - phases["validate"] / 10
    assert without < one_epoch(item).cpu_s


def test_rates_that_are_too_low_do_not_keep_a_quick_fit_from_being_sampled_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = calibration(outlook.describe_machine(), 1)
    rates = {key: value / 1e9 for key, value in slow.model_dump().items() if key.endswith("per_s")}
    monkeypatch.setattr(forecast_jobs, "_rates_of", lambda *_: slow.model_copy(update=rates))
    monkeypatch.setattr(take, "SHARES", (1.0, 0.5))
    [item] = forecast_study(small(models=("itemknn",)), tmp_path, error=ERROR).jobs
    assert {part.reach for part in item.run.parts} == {1.0}
