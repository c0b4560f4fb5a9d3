"""Fronts that validation decides and test prices, with a known truth."""

from pathlib import Path

import pytest
from scipy import stats

from ecorec.analysis.decision.sensitivity import overlapping, sensitivity
from ecorec.analysis.decision.trade_off import trade_off
from ecorec.analysis.decision.trade_off_words import front_in_words, sensitivity_in_words
from ecorec.analysis.spent import Prices, find_currency
from ecorec.analysis.study_analysis import Benchmark, analyse
from ecorec.energy.emissions import Intensity
from ecorec.errors import InputError
from ecorec.report.front import fronts
from tests.analysis.records import Plan, Synthetic, quickstart, synthesise

ENERGY = find_currency("energy")
NO_GRID = Prices()


def benchmark(synthetic: Synthetic, path: Path) -> Benchmark:
    return analyse(synthetic.study(path / "study")).benchmarks[0]


PLANS = [
    Plan("popularity", None, 0.140, 1.0, seeds=(None,), validation=0.141),
    Plan("itemknn", None, 0.160, 2.0, seeds=(None,), validation=0.159),
    Plan("lightgcn", 64, 0.155, 20.0, validation=0.165),
    Plan("simgcl", 64, 0.180, 40.0, validation=0.175),
    Plan("ngcf", 64, 0.178, 60.0, validation=0.170),
]


def test_validation_decides_and_test_prices(tmp_path: Path) -> None:
    found = trade_off(benchmark(synthesise(PLANS), tmp_path), ENERGY, NO_GRID)
    assert found.by == "validation"
    # Test alone would leave lightgcn out; the front keeps it, and says that it gains nothing.
    labels = [point.label for point in found.front]
    assert labels == ["popularity", "itemknn", "lightgcn d=64", "simgcl d=64"]
    assert found.front[1].quality == pytest.approx(0.159)
    assert found.front[1].test == pytest.approx(0.160)
    first, knn, lightgcn, simgcl = found.rates
    assert first is None
    assert knn.central == pytest.approx(0.001 * 1.0 / 0.020)
    assert knn.watts == pytest.approx((0.5 * knn.central, 1.5 * knn.central))
    assert lightgcn.central is None
    assert lightgcn.watts is None
    assert simgcl.central == pytest.approx(0.001 * 20.0 / 0.025)


def test_the_gains_interval_is_that_of_a_paired_test(tmp_path: Path) -> None:
    plans = [
        Plan("popularity", None, 0.149, 1.0, seeds=(None,)),
        Plan("itemknn", None, 0.150, 3.0, seeds=(None,)),
    ]
    synthetic = synthesise(plans, n_users=300)
    found = trade_off(benchmark(synthetic, tmp_path), ENERGY, NO_GRID)
    worse, better = (frame["ndcg@10"].to_numpy() for frame in synthetic.frames.values())
    known = stats.ttest_rel(better, worse).confidence_interval()
    assert known.low < 0 < known.high
    rate = found.rates[1]
    assert rate.gain[0] == pytest.approx(0.001 * 2.0 / known.high)
    assert rate.gain[1] is None
    assert "as the gain may be noise" not in front_in_words(found)  # two points have no knee
    assert "takes three points on the front; it has 2" in front_in_words(found)


def test_what_was_never_validated_is_said(tmp_path: Path) -> None:
    synthetic = synthesise(PLANS)
    old = [
        record.model_copy(update={"validation": {}}) if record.model == "itemknn" else record
        for record in synthetic.records
    ]
    found = trade_off(benchmark(Synthetic(old, synthetic.frames), tmp_path), ENERGY, NO_GRID)
    assert found.by == "test"
    assert [point.label for point in found.front] == ["popularity", "itemknn", "simgcl d=64"]
    assert "decided on test, because itemknn was not validated in NDCG@10" in front_in_words(found)


def test_a_validation_is_that_of_the_tested_epoch(tmp_path: Path) -> None:
    found = trade_off(benchmark(synthesise(PLANS), tmp_path), ENERGY, NO_GRID)
    simgcl = found.front[-1]
    assert simgcl.quality == pytest.approx(0.175 * (1 - 0.8**27))  # epoch 25, not the last


def test_grams_seconds_and_memory(tmp_path: Path) -> None:
    item = benchmark(synthesise(PLANS), tmp_path)
    grid = Prices(Intensity(360.0, "here", 2024, "stated"), 2.0)
    grams = trade_off(item, find_currency("emissions"), grid)
    assert grams.points[0].spent.central == pytest.approx(1.0 / 3.6e6 * 2 * 360)
    assert grams.points[0].spent.high == pytest.approx(1.5 / 3.6e6 * 2 * 360)
    seconds = trade_off(item, find_currency("time"), grid)
    assert seconds.points[-1].spent.central == pytest.approx(60.0 / 6 / 2)
    memory = trade_off(item, find_currency("memory"), grid)
    assert memory.points[0].spent.central == 400 << 20


@pytest.mark.parametrize(
    ("name", "hint"),
    [("emissions", "--country ITA"), ("dynamic", "ecorec doctor"), ("serving", "ecorec stress")],
)
def test_a_cost_that_nothing_has(tmp_path: Path, name: str, hint: str) -> None:
    item = benchmark(synthesise(PLANS), tmp_path)
    with pytest.raises(InputError, match="no run can be compared by") as error:
        trade_off(item, find_currency(name), NO_GRID)
    assert hint in error.value.hint


def test_a_currency_that_there_is_not() -> None:
    with pytest.raises(InputError, match="no cost is called `euros`"):
        find_currency("euros")


def test_watts_for_all_alike_change_no_order(tmp_path: Path) -> None:
    item = benchmark(synthesise(PLANS), tmp_path)
    found = trade_off(item, ENERGY, NO_GRID)
    low, high, dynamic = sensitivity(found, item, NO_GRID)
    assert low.survives
    assert high.survives
    assert not dynamic.survives
    assert dynamic.absent == "idle energy is absent, no counter or meter of the machine"
    # 20 and 40 J, 20 and 60, 40 and 60, 1 and 2 overlap at half and one and a half of each.
    assert overlapping(found) == 4
    words = sensitivity_in_words(found, (low, high, dynamic))
    assert words.startswith("Order and front stay as they are under low watts and high watts")
    assert "4 pairs could stand the other way round" in words


def test_watts_of_one_alone_change_it(tmp_path: Path) -> None:
    plans = [
        Plan("popularity", None, 0.14, 1.0, seeds=(None,), ranges=(0.5, 5.0)),
        Plan("itemknn", None, 0.16, 2.0, seeds=(None,), ranges=(0.5, 1.5)),
    ]
    item = benchmark(synthesise(plans), tmp_path)
    found = trade_off(item, ENERGY, NO_GRID)
    low, high, _ = sensitivity(found, item, NO_GRID)
    assert low.survives
    assert high.swapped == (("popularity", "itemknn"),)
    assert high.left == ("popularity",)
    words = sensitivity_in_words(found, (low, high))
    assert "under high watts 1 pair changes order (itemknn before popularity)" in words
    assert "popularity would not be on the front" in words


def test_as_it_is_printed(tmp_path: Path) -> None:
    text = fronts(analyse(quickstart().study(tmp_path / "s")), ENERGY, NO_GRID)
    assert all(len(line) <= 100 for line in text.splitlines())
    rows = {" ".join(line.split()[:2]): line for line in text.splitlines()}
    assert rows["> itemknn"].split()[2:4] == [".167", ".167"]
    assert "15.4 mJ [14." in rows["> itemknn"]
    assert rows["simgcl d=128"].endswith("-∞]")
    assert "Its knee is itemknn (NDCG@10 .167, 1.3 J assumed)" in " ".join(text.split())


def test_an_interval_of_one_seed_alone_says_so(tmp_path: Path) -> None:
    plans = [
        Plan("popularity", None, 0.140, 1.0, seeds=(None,), repeats=5),
        Plan("lightgcn", 64, 0.155, 20.0, repeats=5),
        Plan("simgcl", 64, 0.180, 40.0, seeds=(1, 2, 3, 4, 5), repeats=2),
    ]
    text = fronts(analyse(synthesise(plans).study(tmp_path / "study")), ENERGY, NO_GRID)
    (said,) = [line for line in text.splitlines() if line.startswith("repeats:")]
    assert said == "repeats: of one seed alone for lightgcn d=64"
