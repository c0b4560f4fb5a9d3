"""The table of a forecast: one row a configuration, whatever tells configurations apart."""

import json

import pytest

from ecorec.report.forecast import forecast_json, forecast_line, forecast_table
from ecorec.study.forecast import JobForecast, StudyForecast
from ecorec.study.plan import Job, plan
from ecorec.units import format_energy
from tests.planning.test_forecast import ERROR, Part, forecast_run, reading
from tests.study.test_study import DATA, small

OTHER = "synthetic:block?users=60&items=40&per_user=10"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every row in one line."""
    monkeypatch.setattr("ecorec.report.forecast.WIDTH", 300)


def rows(jobs: list[Job]) -> dict[str, list[str]]:
    """Return the table's rows by label; the nth job takes 12 n joules."""
    runs = [
        forecast_run([Part("train", reading(2.0 * n), 1)], ERROR) for n in range(1, len(jobs) + 1)
    ]
    found = tuple(JobForecast(job, run, (), 0.0) for job, run in zip(jobs, runs, strict=True))
    text = forecast_table(StudyForecast(found, 0, reading(1.0)))
    lines = [line.split("  ") for line in text.split("\n\n")[0].splitlines()[1:]]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    return {line[0]: line[1:] for line in cells}


def planned(**changes) -> list[Job]:
    return plan(small(models=("lightgcn",), **changes), 2)


def test_seeds_and_repeats_are_one_row() -> None:
    found = rows(planned(seeds=(1, 2), repeats=2))
    assert list(found) == ["lightgcn d=8"]
    assert found["lightgcn d=8"][0] == "4"


@pytest.mark.parametrize(
    ("changes", "labels"),
    [
        (
            {"vary": {"learning_rate": (0.01, 0.02), "batch_size": (128, 256)}},
            {f"lightgcn d=8 batch_size={b} learning_rate={lr}"
             for b in (128, 256) for lr in (0.01, 0.02)},
        ),
        ({"vary": {"threads": (1, 2)}}, {f"lightgcn d=8 threads={n}" for n in (1, 2)}),
        (
            {"vary": {"kernel": ("fixed-width", "library")}},
            {"lightgcn d=8 kernel=fixed-width", "lightgcn d=8 kernel=library"},
        ),
        (
            {"vary": {"l2_weight": (0.0, 0.1)}},
            {"lightgcn d=8 l2_weight=0.0", "lightgcn d=8 l2_weight=0.1"},
        ),
        ({"layers": (1, 2)}, {"lightgcn d=8 n_layers=1", "lightgcn d=8 n_layers=2"}),
        (
            {"train_shares": (0.5, 1.0)},
            {"lightgcn d=8 train=50%", "lightgcn d=8 train=100%"},
        ),
        ({"datasets": (DATA, OTHER)}, {f"lightgcn d=8 dataset={name}" for name in (DATA, OTHER)}),
    ],
)  # fmt: skip
def test_what_differs_is_a_row_with_its_own_energy(changes, labels: set[str]) -> None:
    jobs = planned(**changes)
    found = rows(jobs)
    assert set(found) == labels
    assert {cells[0] for cells in found.values()} == {"1"}
    assert {cells[-1] for cells in found.values()} == {
        format_energy(12.0 * n) for n in range(1, len(jobs) + 1)
    }


def test_each_number_of_epochs_has_its_row() -> None:
    section = {"epochs": (8,), "seeds": (2,)}
    jobs = [*planned(), *planned(**section)]
    runs = [forecast_run([Part("train", reading(2.0), 1)], ERROR) for _ in jobs]
    found = tuple(JobForecast(job, run, (), 0.0) for job, run in zip(jobs, runs, strict=True))
    text = forecast_table(StudyForecast(found, 0, reading(1.0)))
    epochs = [line.split()[3] for line in text.splitlines() if line.startswith("lightgcn d=8")]
    assert epochs == ["4", "8"]


def test_warming_up_is_beside_the_runs_and_said_once() -> None:
    [job] = planned(seeds=(1,))
    run = forecast_run([Part("train", reading(2.0), 1)], ERROR)
    jobs = (JobForecast(job, run, (), 0.0),)
    found = StudyForecast(jobs, 0, reading(1.0), warmup=reading(3.0))
    warmup = reading(3.0)
    said = f"warming up takes about {format_energy(warmup.energy_j)} and "
    for text in (forecast_line(found), forecast_table(found)):
        assert text.count(said) == 1
        assert f"more, once a session ({'+'.join(warmup.methods)})" in text
    assert json.loads(forecast_json(found))["warmup_j"] == warmup.energy_j
    assert found.energy_j == StudyForecast(jobs, 0, reading(1.0)).energy_j
    assert "warming up" not in forecast_line(StudyForecast(jobs, 0, reading(1.0)))
