"""The verdict on studies whose truth is known: what it says, and what it does not."""

import pytest

from ecorec.analysis.compare import compare
from ecorec.analysis.configurations import configurations
from ecorec.analysis.decision.findings import Findings, find
from ecorec.analysis.decision.verdict import put_into_words
from ecorec.analysis.statistics.energy_statistics import compare_energies
from ecorec.analysis.words import quality, times
from tests.analysis.records import Plan, quickstart, synthesise


def _findings(plans: list[Plan]) -> Findings:
    synthetic = synthesise(plans, n_users=1000)
    members = configurations(synthetic.records)
    return _find(members, synthetic)


def _find(members, synthetic) -> Findings:
    measured = [item.measured_j if item.machine_id == "machine-a" else {} for item in members]
    qualities = compare(members, synthetic.frames, "ndcg@10")
    return find(members, qualities, compare_energies(measured), "machine-a")


def _words(plans: list[Plan]) -> str:
    return put_into_words(_findings(plans)).text


def test_the_cheapest_of_equals_is_named_with_its_saving() -> None:
    plans = [Plan("simgcl", 64, 0.1779, 20.0, (1, 2)), Plan("simgcl", 256, 0.1781, 80.0, (1, 2))]
    found = _findings(plans)
    assert found.best.label == "simgcl d=256"
    assert found.cheapest_equal is not None
    assert found.cheapest_equal.label == "simgcl d=64"
    assert found.saving is not None
    assert found.saving.ratio == pytest.approx(4.0)
    assert (
        "simgcl d=64 is the cheapest that cannot be told from the best, simgcl d=256 (NDCG@10 "
        ".178 both), for 1/4 of its energy (20 J against 80 J, assumed)." in _words(plans)
    )


def test_the_best_may_be_the_cheapest_itself() -> None:
    text = _words([Plan("simgcl", 64, 0.178, 2.0), Plan("ngcf", 64, 0.12, 50.0)])
    assert text.startswith(
        "simgcl d=64 is the best (NDCG@10 .178, 2 J assumed): the other can be told from it."
    )


def test_what_equals_the_best_and_costs_more_is_priced() -> None:
    plans = [Plan("itemknn", None, 0.1801, 2.0, seeds=(None,))]
    plans += [Plan("simgcl", size, 0.18, 2.0 * size) for size in (8, 16)]
    found = _findings(plans)
    assert found.saving is None
    assert found.dearest_equal is not None
    assert found.dearest_equal.label == "simgcl d=16"
    assert "2 others cannot be told from it and cost up to 16 times as much energy." in (
        put_into_words(found).text
    )


def test_one_configuration_is_compared_with_nothing() -> None:
    text = _words([Plan("simgcl", 64, 0.178)])
    assert text == ("Only simgcl d=64 was run (NDCG@10 .178): there is nothing to compare it with.")


def test_without_energy_nothing_is_called_cheap() -> None:
    plans = [Plan("simgcl", 64, 0.178, None), Plan("ngcf", 64, 0.12, None)]
    text = _words(plans)
    assert "its energy was not read, so none can be called the cheapest" in text
    assert "energy of 2 configurations not read" in text
    assert " J" not in text


def test_what_equals_the_best_is_priced_only_where_its_energy_counts() -> None:
    best = Plan("simgcl", 64, 0.1781, 20.0)
    for lacking in (
        Plan("simgcl", 128, 0.1779, 80.0, foreign_share=0.4),
        Plan("simgcl", 128, 0.1779, 80.0, machine="other"),
        Plan("simgcl", 128, 0.1779, None),
    ):
        text = _words([best, lacking])
        assert "; 1 other cannot be told from it, but its energy is not known." in text
        dearer = Plan("simgcl", 32, 0.178, 60.0)
        text = _words([best, lacking, dearer])
        assert (
            "; 2 others cannot be told from it; 1 of them costs 3 times as much energy, energy of "
            "1 is not known." in text
        )
        cheaper = Plan("simgcl", 32, 0.178, 5.0)
        text = _words([best, lacking, cheaper])
        assert (
            "for 1/4 of its energy (5 J against 20 J, assumed); energy of 1 more that cannot be "
            "told from it is not known." in text
        )


@pytest.mark.parametrize(
    ("best", "why"),
    [
        (Plan("simgcl", 64, 0.1781, 20.0, foreign_share=0.4), "read beside other work"),
        (Plan("simgcl", 64, 0.1781, 20.0, machine="other"), "measured on another machine"),
        (Plan("simgcl", 64, 0.1781, None), "not read"),
    ],
)
def test_why_none_is_the_cheapest_is_said_of_the_best_and_not_of_all(best: Plan, why: str) -> None:
    told_apart = [Plan("ngcf", 64, 0.12, 5.0), Plan("lightgcn", 64, 0.13, 6.0)]
    text = _words([best, *told_apart])
    assert f"; its energy was {why}, so none can be called the cheapest" in text
    assert f"energy of 1 configuration {why}" in text
    equal = Plan("simgcl", 32, 0.178, 20.0, foreign_share=0.4)
    reasons = " or ".join(dict.fromkeys([why, "read beside other work"]))
    assert f"their energy was {reasons}, so none" in _words([best, equal, *told_apart])


def test_joules_of_another_machine_are_not_compared() -> None:
    plans = [
        Plan("simgcl", 64, 0.1779, 20.0),
        Plan("simgcl", 256, 0.1781, 1.0, machine="other"),
        Plan("ngcf", 64, 0.12, 5.0),
    ]
    found = _findings(plans)
    assert found.saving is None
    assert found.left_out == {"measured on another machine": 1}
    text = put_into_words(found).text
    assert (
        "what it saves is not known, because the energy of the best was measured on another "
        "machine." in text
    )
    assert "1 J" not in text


def test_a_cheap_model_that_is_told_apart_is_offered_with_its_loss() -> None:
    plans = [
        Plan("itemknn", None, 0.167, 1.0, seeds=(None,)),
        Plan("simgcl", 64, 0.18, 50.0, seeds=(1, 2)),
        Plan("popularity", None, 0.10, 0.5, seeds=(None,)),
    ]
    found = _findings(plans)
    assert found.thrifty is not None
    assert found.thrifty.label == "itemknn"
    assert "itemknn is 7 % below the best and costs 1/50 of simgcl d=64" in (
        put_into_words(found).text
    )


def test_popularity_far_below_is_no_bargain() -> None:
    plans = [
        Plan("simgcl", 64, 0.18, 50.0),
        Plan("popularity", None, 0.10, 0.5, seeds=(None,)),
    ]
    assert _findings(plans).thrifty is None


def test_sizes_that_buy_nothing_are_named_and_others_are_not() -> None:
    plans = [
        Plan("simgcl", size, ndcg, float(size))
        for size, ndcg in ((32, 0.15), (64, 0.178), (128, 0.1781), (256, 0.178))
    ]
    plans += [Plan("ngcf", 32, 0.11), Plan("ngcf", 64, 0.13)]
    found = _findings(plans)
    assert found.useful_sizes == {"simgcl": 64}
    assert found.useless_sizes == {"simgcl": (128, 256)}
    text = put_into_words(found).text
    assert "Embeddings beyond d=64 for SimGCL buy nothing that can be told from noise." in text
    assert "NGCF" not in text


def test_sizes_are_not_judged_where_something_else_varies_too() -> None:
    plans = [Plan("simgcl", size, settings={"layers": layers}) for size in (32, 64)
             for layers in (1, 2)]  # fmt: skip
    assert _findings(plans).useful_sizes == {}


def test_a_size_with_settings_of_its_own_is_not_judged_with_the_others() -> None:
    rates = {32: 0.01, 64: 0.001, 128: 0.001}
    plans = [
        Plan("lightgcn", size, ndcg, float(size), settings={"learning_rate": rates[size]})
        for size, ndcg in ((32, 0.178), (64, 0.178), (128, 0.1781))
    ]
    found = _findings(plans)
    assert found.useful_sizes == {"lightgcn": 64}
    assert found.useless_sizes == {"lightgcn": (128,)}


def test_a_saving_within_the_sensors_range_is_said_to_be_so() -> None:
    plans = [Plan("simgcl", 64, 0.1779, 20.0), Plan("simgcl", 256, 0.1781, 30.0)]
    saving = _findings(plans).saving
    assert saving is not None
    assert saving.holds
    assert not saving.beyond_range
    assert "within the readings' range" in _words(plans)
    clear = [Plan("simgcl", 64, 0.1779, 20.0), Plan("simgcl", 256, 0.1781, 80.0)]
    assert "within the readings' range" not in _words(clear)


def test_a_saving_that_low_watts_undo_is_said_to_be_so() -> None:
    plans = [
        Plan("simgcl", 64, 0.1779, 20.0, ranges=(0.9, 1.1)),
        Plan("simgcl", 256, 0.1781, 30.0, ranges=(0.5, 2.0)),
    ]
    saving = _findings(plans).saving
    assert saving is not None
    assert saving.ratio_low == pytest.approx(15 / 18)
    assert not saving.holds
    assert "does not hold over the whole range of the readings" in _words(plans)


def test_a_saving_within_the_spread_of_measurements_is_not_claimed() -> None:
    plans = [
        Plan("simgcl", 64, 0.1779, joules, seeds=(seed,))
        for seed, joules in ((1, 15.0), (2, 20.0), (3, 25.0))
    ]
    plans += [Plan("simgcl", 256, 0.1781, 24.0, seeds=(1,))]
    saving = _findings(plans).saving
    assert saving is not None
    # 24 - 19.6 = 4.4 J against 2 standard errors of .25 x sqrt(19.6^2 / 3 + 24^2) = 13.3 J.
    assert saving.beyond_spread is False
    text = _words(plans)
    assert "its saving (19.6 J against 24 J, assumed) is no larger than the spread" in text
    assert "1/1.2" not in text


def test_the_quick_starts_shape_fits_in_three_sentences() -> None:
    synthetic = quickstart()
    members = configurations(synthetic.records)
    found = _find(members, synthetic)
    sentences = put_into_words(found).sentences
    assert len(sentences) == 3
    assert sentences[0].startswith("simgcl d=64 is the cheapest that cannot be told from")
    assert sentences[2].startswith("Based on 2,059 users, 1 to 3 seeds")
    assert sentences[2].endswith("not measured here: serving.")


def test_unknown_seed_noise_is_admitted() -> None:
    text = _words([Plan("simgcl", 64, 0.178), Plan("ngcf", 64, 0.12)])
    assert "1 seed, so noise between seeds is not known" in text


@pytest.mark.parametrize(
    ("value", "text"), [(0.1784, ".178"), (0.0, ".000"), (1.0, "1.000"), (0.9999, "1.000")]
)
def test_quality_is_written_without_its_zero(value: float, text: str) -> None:
    assert quality(value) == text


@pytest.mark.parametrize(("ratio", "text"), [(50.2, "1/50"), (3.44, "1/3.4"), (10.2, "1/10")])
def test_ratios_are_written_as_fractions(ratio: float, text: str) -> None:
    assert times(ratio) == text


def _five(model: str, size: int, ndcg: float, joules: list[float]) -> list[Plan]:
    return [Plan(model, size, ndcg, value, seeds=(seed,)) for seed, value in enumerate(joules, 1)]


def test_five_repeats_put_an_interval_on_the_ratio_and_seeds_are_paired() -> None:
    """Both drift alike by a fifth: their ratio is 4 within a percent, and is told so."""
    drift = [1.0, 1.05, 1.1, 1.15, 1.2]
    plans = _five("simgcl", 64, 0.1779, [20 * factor for factor in drift])
    noise = [1.01, 0.99, 1.0, 1.005, 0.995]
    plans += _five("simgcl", 256, 0.1781, [80 * f * n for f, n in zip(drift, noise, strict=True)])
    saving = _findings(plans).saving
    assert saving is not None
    assert saving.interval is not None
    assert 3.95 < saving.interval[0] < 4.0 < saving.interval[1] < 4.05
    assert saving.beyond_spread is True
    assert "seeds put the ratio at 3.96 to 4.04 (95 %)" in _words(plans)


def test_equal_quality_and_energies_that_cannot_be_told_apart_are_not_ranked() -> None:
    plans = _five("simgcl", 64, 0.178, [10.0, 12.0, 9.0, 11.0, 10.0])
    plans += _five("simgcl", 32, 0.178, [11.0, 9.5, 11.0, 10.0, 11.5])
    found = _findings(plans)
    assert [item.label for item in found.energy_ties] == ["simgcl d=32"]
    assert "simgcl d=32 cannot be told from the cheapest in energy" in _words(plans)


def test_what_only_ran_beside_other_work_is_not_ranked_by_energy() -> None:
    busy = [Plan("simgcl", 64, 0.178, 20.0, foreign_share=0.4), Plan("ngcf", 64, 0.12, 5.0,
            foreign_share=0.4)]  # fmt: skip
    assert "its energy was read beside other work, so none" in _words(busy)
    one = [Plan("simgcl", 64, 0.1781, 20.0), Plan("simgcl", 32, 0.178, 1.0, foreign_share=0.4)]
    found = _findings(one)
    assert found.cheapest_equal is not None
    assert found.cheapest_equal.label == "simgcl d=64"
    assert "energy of 1 configuration read beside other work left out" in _words(one)
