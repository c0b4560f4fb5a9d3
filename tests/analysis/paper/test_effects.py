"""What a quirk does, from runs that were made to show it."""

import math
from pathlib import Path

import pytest
from scipy import stats

from ecorec.analysis.paper.accounting import counted
from ecorec.analysis.paper.effects import Effect, effects
from ecorec.energy import codecarbon_2_5
from ecorec.study.record import RunRecord
from tests.analysis.paper.runs import run_record, study_of


def found(records: list[RunRecord], folder: Path) -> dict[tuple[str, str, str], Effect]:
    return {(item.ladder.name, item.quirk.name, item.model): item
            for item in effects([study_of(records, folder)])}  # fmt: skip


def test_difference_by_seed_with_its_interval_and_joules(tmp_path: Path) -> None:
    off = {"ngcf__dropout_at_evaluation": False}
    records = []
    for seed, before, after in ((1, 0.20, 0.21), (2, 0.22, 0.24), (3, 0.21, 0.24)):
        records.append(run_record("as-run", "ngcf", seed=seed, ndcg=before, energy_j=10.0))
        records.append(run_record("as-run", "ngcf", seed=seed, ndcg=after, energy_j=20.0, **off))
    items = found(records, tmp_path / "s")
    assert [*items] == [("as-run-less-one", "ngcf-dropout", "ngcf")]
    (item,) = items.values()
    assert (item.before, item.after) == pytest.approx((0.21, 0.23))
    half = stats.t.ppf(0.975, 2) * 0.01 / math.sqrt(3)
    assert (item.low, item.high) == pytest.approx((0.02 - half, 0.02 + half))
    assert item.energy is not None
    assert item.energy.value == pytest.approx(2.0)
    assert item.energy.paired
    assert (item.n_seeds, item.same_test, item.method) == (3, True, "assumed")


def test_the_order_of_the_models(tmp_path: Path) -> None:
    records = [
        run_record("recommended", "lightgcn", ndcg=0.25),
        run_record("recommended", "simgcl", ndcg=0.27),
        run_record("recommended", "simgcl", ndcg=0.15, simgcl__contrastive_reduction="sum",
                   simgcl__contrastive_weight=0.5),
    ]  # fmt: skip
    (item,) = found(records, tmp_path / "s").values()
    assert item.quirk.name == "simgcl-sum"
    assert item.order_before == ("simgcl", "lightgcn")
    assert item.order_after == ("lightgcn", "simgcl")
    assert (item.low, item.high) == (None, None)


def test_half_of_a_quirk_two_quirks_and_other_epochs_are_no_effect(tmp_path: Path) -> None:
    records = [
        run_record("recommended", "simgcl"),
        run_record("recommended", "simgcl", simgcl__contrastive_weight=0.5),
        run_record("recommended", "simgcl", simgcl__temperature=0.2, learning_rate=0.001),
        run_record("recommended", "simgcl", simgcl__temperature=0.2, epochs=10),
    ]
    assert found(records, tmp_path / "s") == {}


def test_conditions_change_joules_alone(tmp_path: Path) -> None:
    records = [
        run_record("recommended", "lightgcn", energy_j=10.0),
        run_record("recommended", "lightgcn", energy_j=30.0, kernel="edge-wise"),
        run_record("recommended", "lightgcn", energy_j=15.0, users_per_call=1),
        run_record("recommended", "lightgcn", energy_j=45.0, kernel="edge-wise", users_per_call=1),
    ]
    items = found(records, tmp_path / "s")
    ratios = {quirk: item.energy.value for (_, quirk, _), item in items.items() if item.energy}
    assert ratios == {"edge-wise": pytest.approx(3.0), "one-user": pytest.approx(1.5)}


def test_another_split_is_not_comparable_in_quality(tmp_path: Path) -> None:
    records = [
        run_record("as-run", "ngcf"),
        run_record("as-run", "ngcf", split__protocol="leave-one-out"),
        run_record("as-run", "ngcf", select="last"),
    ]
    items = found(records, tmp_path / "s")
    same = {quirk: item.same_test for (_, quirk, _), item in items.items()}
    assert same == {"leave-one-out": False, "last-epoch": True}


def test_the_same_run_in_three_ways(tmp_path: Path) -> None:
    records = [
        run_record("as-run", "ngcf", epochs=400, energy_j=12.0),
        run_record("as-run", "ngcf", epochs=10, energy_j=1.0),
        run_record("as-run", "ngcf", epochs=400, learning_rate=0.01),
    ]
    (item,) = counted([study_of(records, tmp_path / "s")])
    assert (item.epochs, item.preset, item.method) == (400, "as-run", "assumed")
    assert item.energy_j["recommended"] == pytest.approx(12.0)
    assert item.energy_j["as-described"] == pytest.approx(8.4)
    constant = codecarbon_2_5.energy_j(1.0, 400 << 20)  # 12 J are a second of that machine
    assert item.energy_j["as-run"] == pytest.approx(constant)
    assert item.emissions_kg("ITA") == pytest.approx(constant / 3.6e6 * 0.372634)
    assert item.emissions_kg("CAN") == pytest.approx(constant / 3.6e6 * 0.125842)
