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
    one = found(records, tmp_path / "s")["simgcl", 64, "fixed-width, 2 threads"].ours
    assert one is not None
    assert (one.value, one.low, one.high) == pytest.approx((2.5, 2.5, 2.5))
    few = found(records[:8], tmp_path / "t")["simgcl", 64, "fixed-width, 2 threads"].ours
    assert few is not None
    assert (few.value, few.low) == (pytest.approx(2.5), None)


def test_lightgcls_own_product_is_held_against_the_edge_wise_one(tmp_path: Path) -> None:
    records = [
        run_record("recommended", "lightgcn", energy_j=10.0),
        run_record("recommended", "lightgcn", energy_j=40.0, kernel="edge-wise", users_per_call=1),
        run_record("recommended", "lightgcl", energy_j=20.0, kernel="library", users_per_call=1),
    ]
    one = found(records, tmp_path / "s")["lightgcl", 64, "library, 1 user a call, 2 threads"].ours
    assert one is not None
    assert one.value == pytest.approx(0.5)


def test_other_epochs_are_not_held_against_each_other(tmp_path: Path) -> None:
    records = [
        run_record("recommended", "lightgcn", epochs=30),
        run_record("recommended", "simgcl", epochs=20),
    ]
    assert found(records, tmp_path / "s")["simgcl", 64, "fixed-width, 2 threads"].ours is None


def test_runs_of_a_whole_training_leave_those_of_one_epoch_their_multiples(tmp_path: Path) -> None:
    records = [run_record("recommended", "lightgcn", epochs=400, energy_j=4000.0)]
    for repeat in range(1, 6):
        for size, joules in ((32, 5.0), (64, 10.0)):
            records.append(
                run_record("recommended", "lightgcn", repeat=repeat, size=size, epochs=10,
                           energy_j=joules)
            )  # fmt: skip
    one = found(records, tmp_path / "s")["lightgcn", 32, "fixed-width, 2 threads"].ours
    assert one is not None
    assert (one.value, one.n) == (pytest.approx(0.5), 5)


def test_seconds_on_the_wall_do_not_count(tmp_path: Path) -> None:
    """The paper's tool bills them where it finds no counter, and a busy machine has more."""
    slow = run_record("as-run", "simgcl", energy_j=25.0)
    waited = [part.model_copy(update={"duration_s": 9 * part.duration_s}) for part in slow.phases]
    slow = slow.model_copy(update={"phases": tuple(waited)})
    records = [run_record("as-run", "lightgcn", energy_j=10.0), slow]
    one = found(records, tmp_path / "s")["simgcl", 64, "fixed-width, 2 threads"].ours
    assert one is not None
    assert one.value == pytest.approx(2.5)


def test_another_number_of_threads_or_machine_is_no_reference(tmp_path: Path) -> None:
    reference = run_record("recommended", "lightgcn")
    for at, other in enumerate(
        (
            reference.model_copy(update={"threads": 8}),
            reference.model_copy(
                update={"machine": reference.machine.model_copy(update={"machine_id": "b"})}
            ),
        )
    ):
        records = [other, run_record("recommended", "simgcl")]
        assert (
            found(records, tmp_path / str(at))["simgcl", 64, "fixed-width, 2 threads"].ours is None
        )
