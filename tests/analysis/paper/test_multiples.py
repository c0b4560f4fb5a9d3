"""Figure 1 as multiples: published ones by hand, ours with their interval."""

from pathlib import Path

import pytest

from ecorec.analysis.paper.beside import beside
from ecorec.analysis.paper.multiples import Multiple, multiples
from ecorec.analysis.paper.published import published
from ecorec.study.record import RunRecord
from tests.analysis.paper.runs import run_record, study_of


def found(records: list[RunRecord], folder: Path) -> dict[tuple[str, int, str], Multiple]:
    rows = beside(published(), [study_of(records, folder)])
    return {
        (row.cell.model, row.cell.embedding_size or 0, row.conditions): multiple
        for row, multiple in zip(rows, multiples(rows), strict=True)
        if multiple is not None and row.cell.dataset == "ml-1m" and row.ours is not None
    }


def test_published_ones_are_to_lightgcn_at_64_of_the_same_data() -> None:
    rows = beside(published(), [])
    by_cell = {
        (row.cell.dataset, row.cell.model, row.cell.embedding_size): multiple
        for row, multiple in zip(rows, multiples(rows), strict=True)
        if multiple is not None
    }
    assert len(by_cell) == 48
    assert by_cell["ml-1m", "simgcl", 256].published == pytest.approx(0.7496 / 0.2147)
    assert by_cell["dianping", "ngcf", 32].published == pytest.approx(20.82 / 13.48)
    assert all(multiple.ours is None for multiple in by_cell.values())


def test_ours_have_an_interval_from_five_pairs(tmp_path: Path) -> None:
    records = []
    for repeat in range(1, 6):
        drift = 1 + repeat / 10  # of the machine: the same for both of a pair
        records.append(run_record("recommended", "lightgcn", repeat=repeat, energy_j=10 * drift))
        records.append(run_record("recommended", "simgcl", repeat=repeat, energy_j=25 * drift))
    one = found(records, tmp_path / "s")["simgcl", 64, "fixed-width"].ours
    assert one is not None
    assert (one.value, one.low, one.high) == pytest.approx((2.5, 2.5, 2.5))
    few = found(records[:8], tmp_path / "t")["simgcl", 64, "fixed-width"].ours
    assert few is not None
    assert (few.value, few.low) == (pytest.approx(2.5), None)


def test_lightgcls_own_product_is_held_against_the_edge_wise_one(tmp_path: Path) -> None:
    records = [
        run_record("recommended", "lightgcn", energy_j=10.0),
        run_record("recommended", "lightgcn", energy_j=40.0, kernel="edge-wise", users_per_call=1),
        run_record("recommended", "lightgcl", energy_j=20.0, kernel="library", users_per_call=1),
    ]
    one = found(records, tmp_path / "s")["lightgcl", 64, "library, 1 user a call"].ours
    assert one is not None
    assert one.value == pytest.approx(0.5)


def test_other_epochs_are_not_held_against_each_other(tmp_path: Path) -> None:
    records = [
        run_record("recommended", "lightgcn", epochs=30),
        run_record("recommended", "simgcl", epochs=20),
    ]
    assert found(records, tmp_path / "s")["simgcl", 64, "fixed-width"].ours is None
