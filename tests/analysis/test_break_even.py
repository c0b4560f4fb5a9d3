import math

import numpy as np
import pytest

from ecorec.analysis.deployed.amounts import Amount, System, amount_of
from ecorec.analysis.deployed.break_even import break_even, cheapest_by_number
from ecorec.analysis.deployed.break_even_words import in_words

LOW, HIGH = 0.5, 1.5


def amount(*values: float, low: float = LOW, high: float = HIGH, method: str = "assumed") -> Amount:
    return amount_of([(low * v, v, high * v) for v in values], method)


def system(label: str, training: Amount, recommendation: Amount) -> System:
    return System(label, training, recommendation)


DEAR = system("lightgcn", amount(300.0), amount(0.004))
CHEAP = system("ngcf", amount(200.0), amount(0.008))


def test_the_crossing_in_closed_form() -> None:
    found = break_even(DEAR, CHEAP)
    assert found.dearer is DEAR
    assert found.recommendations == pytest.approx((300 - 200) / (0.008 - 0.004))


def test_the_order_of_the_two_does_not_matter() -> None:
    assert break_even(DEAR, CHEAP) == break_even(CHEAP, DEAR)


def test_at_the_crossing_both_have_drawn_the_same() -> None:
    n = break_even(DEAR, CHEAP).recommendations
    assert n is not None
    spent = [s.training.mean_j + n * s.recommendation.mean_j for s in (DEAR, CHEAP)]
    assert spent[0] == pytest.approx(spent[1])


@pytest.mark.parametrize("served", [0.008, 0.009], ids=["as much", "more"])
def test_never_if_the_dearer_is_no_cheaper_to_serve(served: float) -> None:
    found = break_even(system("a", amount(300.0), amount(served)), CHEAP)
    assert found.recommendations is None
    assert found.if_alike == (math.inf, math.inf)
    assert "it never overtakes." in in_words(found)[0]
    assert in_words(found)[2].startswith("Sensors: never over their range")


def test_one_factor_of_watts_for_both_cancels_and_two_do_not() -> None:
    found = break_even(DEAR, CHEAP)
    assert found.if_alike == (pytest.approx(25_000), pytest.approx(25_000))
    # Training anywhere in 150-450 against 100-300, serving in 2-6 mJ against 4-12 mJ.
    assert found.if_not_alike == (0.0, math.inf)


def test_a_narrow_range_of_watts_leaves_a_range_of_crossings() -> None:
    a = system("a", amount(300.0, low=0.99, high=1.01), amount(0.004, low=0.99, high=1.01))
    b = system("b", amount(200.0, low=0.99, high=1.01), amount(0.008, low=0.99, high=1.01))
    low, high = break_even(a, b).if_not_alike
    assert low == pytest.approx((297 - 202) / (0.00808 - 0.00396))
    assert high == pytest.approx((303 - 198) / (0.00792 - 0.00404))


def test_fewer_than_five_measurements_have_no_interval_and_say_which() -> None:
    a = system("a", amount(300.0, 301.0), amount(*[0.004] * 5))
    found = break_even(a, CHEAP)
    assert found.interval is None
    assert in_words(found)[1] == (
        "Repeats: how sure that is cannot be told; measured fewer than 5 times: training of a 2, "
        "training of ngcf 1, serving of ngcf 1."
    )


def test_repeats_of_several_seeds_are_said_to_count_once() -> None:
    training = amount_of([(150.0, 300.0, 450.0)] * 2, "assumed", "seeds")
    words = in_words(break_even(system("a", training, amount(0.004)), CHEAP))[1]
    assert "measured fewer than 5 times (repeats of one seed count once): training of a 2" in words


def _scattered(mean: float, spread: float, seed: int) -> Amount:
    values = np.random.default_rng(seed).normal(mean, spread, 8)
    return amount(*(values - values.mean() + mean).tolist())


def test_repeats_that_agree_give_two_ends() -> None:
    a = system("a", _scattered(300, 2, 1), _scattered(0.004, 1e-5, 2))
    b = system("b", _scattered(200, 2, 3), _scattered(0.008, 1e-5, 4))
    found = break_even(a, b)
    assert found.interval is not None
    assert not found.interval.reaches_infinity
    ((low, high),) = found.interval.parts
    assert 24_000 < low < 25_000 < high < 26_000
    assert in_words(found)[1].startswith("Repeats: 24.")


def test_serving_that_cannot_be_told_apart_may_never_cross() -> None:
    a = system("a", _scattered(300, 2, 1), _scattered(0.0079, 1e-3, 2))
    b = system("b", _scattered(200, 2, 3), _scattered(0.0080, 1e-3, 4))
    found = break_even(a, b)
    assert found.recommendations == pytest.approx(1e6)
    assert found.interval is not None
    assert found.interval.reaches_infinity
    assert in_words(found)[1].endswith("or more, or never (95 %, Fieller).")


def test_a_sure_never() -> None:
    a = system("a", _scattered(300, 2, 1), _scattered(0.009, 1e-5, 2))
    b = system("b", _scattered(200, 2, 3), _scattered(0.008, 1e-5, 4))
    found = break_even(a, b)
    assert found.recommendations is None
    assert found.interval is not None
    assert not found.interval.parts
    assert in_words(found)[1] == "Repeats: never (95 %, Fieller)."


def test_the_words_name_joules_with_their_methods() -> None:
    a = system("lightgcn", amount(300.0, method="counter"), amount(0.004))
    assert in_words(break_even(a, CHEAP))[0] == (
        "lightgcn takes 100 J more to train than ngcf (counter+assumed) and 4 J less to serve "
        "1,000 recommendations (assumed): it overtakes after 25 k recommendations."
    )


def test_which_is_cheapest_from_which_number_on() -> None:
    lists = system("lists", amount(220.0), amount(0.005))
    never = system("never", amount(400.0), amount(0.0045))
    found = cheapest_by_number([DEAR, never, CHEAP, lists])
    assert [(n, item.label) for n, item in found] == [
        (0.0, "ngcf"),
        (pytest.approx(20 / 0.003), "lists"),
        (pytest.approx(80 / 0.001), "lightgcn"),
    ]
    for n, item in found[1:]:
        spent = [
            s.training.mean_j + (n + 1) * s.recommendation.mean_j for s in (DEAR, CHEAP, lists)
        ]
        assert item.training.mean_j + (n + 1) * item.recommendation.mean_j == min(spent)
    assert cheapest_by_number([never]) == [(0.0, never)]
