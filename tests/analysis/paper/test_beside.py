"""Published cells beside runs with a known truth."""

import math
from pathlib import Path

import pytest
from scipy import stats

from ecorec.analysis.paper.beside import beside
from ecorec.analysis.paper.published import published
from ecorec.analysis.paper.row import Beside
from ecorec.study.record import RunRecord
from tests.analysis.paper.runs import run_record, study_of


def rows(records: list[RunRecord], folder: Path, table: str, model: str, quantity: str,
         size: int | None = 64, **options: float) -> list[Beside]:  # fmt: skip
    found = beside(published(), [study_of(records, folder)], **options)
    return [row for row in found if (row.cell.table, row.cell.dataset, row.cell.model,
            row.cell.quantity, row.cell.embedding_size) == (table, "ml-1m", model, quantity, size)
            ]  # fmt: skip


def test_without_runs_every_cell_is_there_once_and_empty() -> None:
    found = beside(published(), [])
    assert len(found) == len(published()) - 2  # two counts over several rows have no cell of ours
    assert all(row.ours is row.difference is row.inside is None for row in found)


def test_quality_difference_and_interval_over_seeds(tmp_path: Path) -> None:
    values = (0.26, 0.27, 0.28)
    records = [run_record("as-run", "lightgcn", seed=i, ndcg=value)
               for i, value in enumerate(values, 1)]  # fmt: skip
    (row,) = rows(records, tmp_path / "s", "table-2", "lightgcn", "ndcg@10")
    assert row.ours == pytest.approx(0.27)
    assert row.difference == pytest.approx(0.27 - 0.2681)
    assert row.relative == pytest.approx((0.27 - 0.2681) / 0.2681)
    half = stats.t.ppf(0.975, 2) * 0.01 * math.sqrt(1 + 1 / 3)
    assert (row.low, row.high) == pytest.approx((0.27 - half, 0.27 + half))
    assert row.inside is True
    assert (row.n_runs, row.preset, row.epochs) == (3, "as-run", 30)


def test_a_value_outside_is_said_to_be(tmp_path: Path) -> None:
    records = [run_record("as-run", "simgcl", seed=i, ndcg=0.2 + i * 1e-4) for i in (1, 2, 3)]
    (row,) = rows(records, tmp_path / "s", "table-2", "simgcl", "ndcg@10")
    assert row.inside is False


def test_what_a_rule_has_ended_says_so(tmp_path: Path) -> None:
    ended = {"max_epochs": 400, "ended_by": "patience"}
    records = [
        run_record("recommended", "ngcf", seed=seed, epochs=epochs).model_copy(
            update=ended | {"settings": run_record("recommended", "ngcf", seed=seed).settings}
        )
        for seed, epochs in ((1, 85), (2, 60))
    ]
    (row,) = rows(records, tmp_path / "s", "table-2", "ngcf", "ndcg@10")
    assert (row.epochs, row.note, row.n_runs) == (400, "ended after 60 to 85 epochs", 2)


def test_two_seeds_have_no_interval(tmp_path: Path) -> None:
    records = [run_record("as-run", "ngcf", seed=i, ndcg=0.25) for i in (1, 2)]
    (row,) = rows(records, tmp_path / "s", "table-2", "ngcf", "ndcg@10")
    assert (row.n_runs, row.low, row.inside) == (2, None, None)


def test_presets_stand_apart_and_the_longest_counts(tmp_path: Path) -> None:
    records = [
        run_record("as-run", "ngcf", ndcg=0.1, epochs=10),
        run_record("as-run", "ngcf", ndcg=0.2, epochs=30),
        run_record("recommended", "ngcf", ndcg=0.3, epochs=10),
        run_record("as-run", "ngcf", ndcg=0.4, epochs=10, ngcf__dropout=0.3, learning_rate=0.01),
    ]
    found = rows(records, tmp_path / "s", "table-2", "ngcf", "ndcg@10")
    assert {row.preset: row.ours for row in found} == {
        "as-run": 0.2, "recommended": 0.3, "as-run, learning_rate=0.01": 0.4
    }  # fmt: skip


def test_kilograms_and_their_interval_from_five_measurements(tmp_path: Path) -> None:
    joules = [3.6e6 * factor for factor in (1, 1.1, 0.9, 1.05, 0.95)]
    records = [run_record("recommended", "lightgcn", epochs=400, energy_j=value, repeat=i)
               for i, value in enumerate(joules, 1)]  # fmt: skip
    found = rows(records, tmp_path / "s", "figure-1", "lightgcn", "emissions", g_per_kwh=250.0)
    (row,) = found
    logs = [math.log(value / 3.6e6 * 0.25) for value in joules]
    mean = sum(logs) / 5
    assert row.ours == pytest.approx(math.exp(mean))
    spread = math.sqrt(sum((value - mean) ** 2 for value in logs) / 4)
    half = stats.t.ppf(0.975, 4) * spread * math.sqrt(1.2)
    assert (row.low, row.high) == pytest.approx((math.exp(mean - half), math.exp(mean + half)))
    assert row.inside is True
    assert row.method == "whole call; assumed"
    (four,) = rows(records[:4], tmp_path / "t", "figure-1", "lightgcn", "emissions")
    assert four.inside is None


def test_conditions_stand_apart(tmp_path: Path) -> None:
    records = [
        run_record("as-run", "ngcf"),
        run_record("as-run", "ngcf", kernel="edge-wise", users_per_call=1),
    ]
    found = rows(records, tmp_path / "s", "figure-1", "ngcf", "emissions")
    assert [row.conditions for row in found] == [
        "fixed-width, 2 threads",
        "edge-wise, 1 user a call, 2 threads",
    ]
    assert all("CodeCarbon 2.5.0" in row.method and "30 epochs" in row.method for row in found)


def test_other_data_and_filtered_data(tmp_path: Path) -> None:
    part = run_record("as-run", "ngcf", interactions=353_962)
    (row,) = rows([part], tmp_path / "s", "table-2", "ngcf", "ndcg@10")
    assert row.note == "other data: 353,962 interactions"
    (row,) = rows([part], tmp_path / "t", "table-1", "", "interactions", None)
    assert (row.ours, row.difference) == (353_962, 353_962 - 999_611)
    rated = run_record("recommended", "ngcf", min_rating=3, interactions=836_478)
    (row,) = rows([rated], tmp_path / "u", "board", "ngcf", "ndcg@10")
    assert (row.ours, row.note) == (0.2, "")
    (row,) = rows([rated], tmp_path / "v", "table-2", "ngcf", "ndcg@10")
    assert row.ours is None


def test_the_largest_of_four_needs_all_four(tmp_path: Path) -> None:
    values = {"ngcf": 0.1, "lightgcn": 0.2, "simgcl": 0.15}
    records = [run_record("as-run", model, ndcg=value) for model, value in values.items()]
    (row,) = rows(records, tmp_path / "s", "table-2", "largest", "precision@10")
    assert row.ours is None
    records.append(run_record("as-run", "lightgcl", ndcg=0.12))
    (row,) = rows(records, tmp_path / "t", "table-2", "largest", "precision@10")
    assert (row.ours, row.note) == (0.2, "lightgcn")


def test_the_largest_of_four_that_deviate_alike_is_shown_beside_that_of_their_preset(
    tmp_path: Path,
) -> None:
    models = ("ngcf", "lightgcn", "simgcl", "lightgcl")
    records = [run_record("as-run", model, ndcg=0.1) for model in models]
    records += [run_record("as-run", model, ndcg=0.2, validate_every=1) for model in models[:3]]
    found = rows(records, tmp_path / "s", "table-2", "largest", "precision@10")
    assert [(row.preset, row.ours) for row in found] == [("as-run", 0.1)]
    records.append(run_record("as-run", "lightgcl", ndcg=0.3, validate_every=1))
    found = rows(records, tmp_path / "t", "table-2", "largest", "precision@10")
    others = [("as-run", 0.1), ("as-run, validate_every=1", 0.3)]
    assert [(row.preset, row.ours) for row in found] == others
