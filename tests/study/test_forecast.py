"""Forecasts of studies, on a sensor that reads a joule for every step of the optimiser."""

from pathlib import Path

import pytest
import torch

from ecorec.planning.roofline import least_seconds
from ecorec.study import context as context_module
from ecorec.study import outlook
from ecorec.study.describe import cost_of_run
from ecorec.study.execute import run_study
from ecorec.study.forecast import JobForecast, NoForecastError, StudyForecast
from ecorec.study.left import Left
from ecorec.study.listener import Silent
from ecorec.study.outlook import forecast_study
from ecorec.study.plan import Job, plan
from ecorec.study.prepare import build_split
from ecorec.study.record import EpochRecord
from tests.analysis.records import calibration
from tests.planning.test_forecast import ERROR, Part, forecast_run, reading
from tests.sensors import Counted
from tests.study.test_study import small

pytestmark = pytest.mark.xdist_group("study")


@pytest.fixture
def sensor(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """A joule a step of Adam."""
    made, step = Counted("steps", ends=(0.5, 2.0)), torch.optim.Adam.step

    def counted(self, *args, **kwargs):
        made.joules += 1.0
        return step(self, *args, **kwargs)

    monkeypatch.setattr(torch.optim.Adam, "step", counted)
    for module in (context_module, outlook):
        monkeypatch.setattr(module, "find_sensors", lambda *_: (made,))
    return made


def test_a_forecast_is_what_the_run_then_reads(sensor: Counted, tmp_path: Path) -> None:
    settings = small(models=("lightgcn", "itemknn"), epochs=(7,), seeds=(1, 2), threads=1)
    found = forecast_study(settings, tmp_path / "s", seconds=5.0, error=ERROR)
    assert not (tmp_path / "s").exists()
    joules = {item.job.label: item.total.energy_j for item in found.jobs}
    study = run_study(settings, tmp_path / "s")
    actual = {f"{r.model} d=8 seed {r.seed}": r.total.energy_j for r in study.records if r.seed}
    assert {k: v for k, v in joules.items() if k in actual} == pytest.approx(actual)
    assert joules["itemknn"] == 0
    [steps] = {value / 7 for value in actual.values()}
    assert found.energy_j.central == pytest.approx(2 * 7 * steps)
    whole = found.total
    assert (whole.low_j, whole.high_j) == pytest.approx((7 * steps, 28 * steps))
    # What is in the folder is not forecast again.
    assert forecast_study(settings, tmp_path / "s", seconds=0.1).jobs == ()
    more = small(models=("lightgcn",), epochs=(7,), seeds=(1, 2, 3), threads=1)
    rest = forecast_study(more, tmp_path / "s", seconds=0.1)
    assert ([item.job.label for item in rest.jobs], rest.n_done) == (["lightgcn d=8 seed 3"], 2)


def test_long_epochs_are_forecast_from_steps(sensor: Counted, tmp_path: Path) -> None:
    settings = small(models=("bpr-mf",), epochs=(5, 20), threads=1)
    whole = forecast_study(settings, tmp_path, seconds=5.0, error=ERROR).jobs[0]
    part = forecast_study(settings, tmp_path, seconds=0.0, error=ERROR).jobs[0]
    n_steps = whole.run.total.energy_j / 20
    # The last batch is smaller, and counts for half a step and half of its pairs.
    assert n_steps - 0.5 <= part.run.total.energy_j / 20 <= n_steps
    assert len(whole.job.runs) == 2
    assert {item.phase for item in whole.beside} == {"shorter run"}


def test_what_is_not_sampled_follows_from_the_formula(
    sensor: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecorec.study.samples.forecast_jobs.ALL_SAMPLES_S", -1.0)
    settings = small(models=("lightgcn",), embedding_sizes=(8, 64), threads=1)
    narrow, wide = forecast_study(settings, tmp_path, seconds=5.0, error=ERROR).jobs
    [part] = [part for part in wide.run.parts if part.phase == "train"]
    [dataset] = outlook.check_data([narrow.job], None).datasets
    train = build_split(dataset, narrow.job.longest).train
    costs = [cost_of_run(item.job.longest, train) for item in (narrow, wide)]
    # The ratio hardly depends on the rates: all of a step's work is in proportion to the size.
    rates = calibration(outlook.describe_machine(), 1)
    ratio = least_seconds(costs[1], rates) / least_seconds(costs[0], rates)
    assert part.reach == pytest.approx(ratio, rel=0.3)
    assert wide.run.total.energy_j == pytest.approx(part.reach * narrow.run.total.energy_j)
    assert wide.run.sd > narrow.run.sd


def epoch_of(number: int, joules: float) -> EpochRecord:
    return EpochRecord(
        epoch=number, train_s=2.0, train_cpu_s=1.0, train_j=joules, loss=1.0, validation=None
    )


def job(epochs: int) -> Job:
    return plan(small(models=("lightgcn",), epochs=(epochs,)), 1)[0]


def test_what_is_left_is_told_from_two_hundredths_on() -> None:
    left = Left()
    left.begin(job(100))
    assert left.after(epoch_of(1, 10.0)) == ""
    assert left.after(epoch_of(2, 20.0)) == "1.47 kJ 3 min 16 s left"
    resumed = Left()
    resumed.begin(job(100))
    assert resumed.after(epoch_of(90, 10.0)) == ""
    assert resumed.after(epoch_of(91, 10.0)) == "90 J 18 s left"


def test_with_a_forecast_what_comes_later_is_left_too() -> None:
    now, later = job(100), job(1)
    run = forecast_run([Part("train", reading(1.0), 100), Part("test", reading(5.0), 1)], ERROR)
    fit = forecast_run([Part("train", reading(50.0), 1)], ERROR)

    jobs = JobForecast(now, run, (), 0.0), JobForecast(later, fit, (), 0.0)
    forecast = StudyForecast(jobs, 0, reading(1.0))
    left = Left(forecast)
    left.begin(now)
    for number in (1, 2):
        left.after(epoch_of(number, 6.0))
    joules, seconds = left.amounts()
    # 98 epochs of 6 J and 2 s, a test of 30 J and 10 s, and a fit of 300 J and 100 s.
    assert joules == pytest.approx(98 * 6 + 30 + 300)
    assert seconds == pytest.approx(98 * 2 + 10 + 100)


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
@pytest.mark.parametrize("named", ["device", "vary"])
def test_what_is_not_for_the_cpu_is_neither_forecast_nor_budgeted(
    tmp_path: Path, named: str, device: str
) -> None:
    how = {"device": device} if named == "device" else {"vary": {"device": ("cpu", device)}}
    settings = small(models=("itemknn",), **how)
    with pytest.raises(NoForecastError, match=f"--device {device} cannot be forecast") as caught:
        forecast_study(settings, tmp_path / "s")
    assert "--yes" in caught.value.hint
    assert "--budget" in caught.value.hint
    with pytest.raises(NoForecastError, match=f"--device {device} cannot be forecast"):
        run_study(settings.model_copy(update={"budget": "1h"}), tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_a_listener_hears_the_forecast_of_a_budgeted_study(sensor: Counted, tmp_path: Path) -> None:
    heard = []

    class Hearing(Silent):
        def forecast(self, forecast: StudyForecast) -> None:
            heard.append(forecast)

    settings = small(models=("itemknn",), threads=1)
    run_study(settings, tmp_path / "a", listener=Hearing())
    assert heard == []
    run_study(settings.model_copy(update={"budget": "1h"}), tmp_path / "b", listener=Hearing())
    assert [item.job.label for item in heard[0].jobs] == ["itemknn"]
