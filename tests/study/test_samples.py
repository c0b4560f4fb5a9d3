"""Samples: what is in them, and at how many moments they are taken."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from ecorec.data.dataset import DataSettings
from ecorec.data.load import load_dataset
from ecorec.evaluation.scorer import EmbeddingScorer
from ecorec.models.itemknn import ItemKNN
from ecorec.study import outlook
from ecorec.study.forecast import one_epoch
from ecorec.study.outlook import forecast_study
from ecorec.study.samples import forecast_jobs, take
from ecorec.study.samples.epochs import sample_epoch
from ecorec.study.samples.forecast_jobs import ROUNDS, SAMPLE_S
from ecorec.study.samples.ground import as_held_out
from ecorec.training.trainer import Trainer
from tests.analysis.records import calibration
from tests.planning.test_forecast import ERROR
from tests.sensors import Counted
from tests.study.test_forecast import sensor  # noqa: F401
from tests.study.test_study import DATA, small

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


def test_users_are_ranked_in_calls_of_as_many_as_in_the_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: set[tuple[str, int]] = set()
    for scorer in (EmbeddingScorer, ItemKNN):
        monkeypatch.setattr(scorer, "scores", noting(scorer.scores, calls))
    monkeypatch.setattr("ecorec.study.samples.ground.RANKED_USERS", 12)

    def sizes(**changes: object) -> set[tuple[str, int]]:
        calls.clear()
        settings = small(models=("lightgcn", "itemknn"), threads=1, **changes)
        forecast_study(settings, tmp_path, seconds=0.05, error=ERROR)
        return {(name, n) for name, n in calls if n not in (2, 64)}  # of the warm-up

    assert sizes() == {("EmbeddingScorer", 12), ("ItemKNN", 12)}
    assert sizes(users_per_call=7) == {
        ("EmbeddingScorer", 7), ("EmbeddingScorer", 5), ("ItemKNN", 7), ("ItemKNN", 5)
    }  # fmt: skip
    # As a factor, each value is sampled for itself.
    both = {n for name, n in sizes(vary={"users_per_call": (7, 4)}) if name == "EmbeddingScorer"}
    assert both == {7, 5, 4}


def noting(scores: Callable[..., Tensor], calls: set[tuple[str, int]]) -> Callable[..., Tensor]:
    def noted(self: object, users: Tensor) -> Tensor:
        calls.add((type(self).__name__, users.numel()))
        return scores(self, users)

    return noted


def test_a_fit_that_is_sampled_on_less_is_ranked_likewise() -> None:
    train = load_dataset(DATA, DataSettings()).interactions
    assert as_held_out(train, 7).users_per_call == 7


def test_what_the_runs_map_from_files_is_mapped_in_samples_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainers: list[Trainer] = []

    def noted(trainer: Trainer, *rest: Any) -> Any:
        trainers.append(trainer)
        return sample_epoch(trainer, *rest)

    monkeypatch.setattr(take, "sample_epoch", noted)
    maps = tmp_path / "maps"
    maps.mkdir()
    settings = small(models=("lightgcn",), threads=1, memory_map=str(maps))
    forecast_study(settings, tmp_path / "s", seconds=0.05, error=ERROR)
    assert {trainer.folder for trainer in trainers} == {maps}
