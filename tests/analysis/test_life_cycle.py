import pytest

from ecorec.analysis.deployed.break_even import break_even
from ecorec.analysis.deployed.life_cycle import (
    LifeCycle,
    Operation,
    curve,
    grams,
    kwh_range,
    parse_cadence,
    requests_per_training,
)
from ecorec.energy.emissions import Intensity
from ecorec.errors import InputError
from tests.analysis.test_break_even import CHEAP, DEAR

WEEKLY = Operation(requests_per_day=10_000.0, retrain_every_days=7.0)
LIFE = LifeCycle.of(
    DEAR, tuning=(500.0, 1000.0, 1500.0), refresh=(1.0, 2.0, 3.0), idle_w=(0.005, 0.01, 0.015)
)


def test_the_first_day_has_tuning_and_a_training() -> None:
    assert LIFE.after(0.0, WEEKLY) == (500 + 150 + 1, 1000 + 300 + 2, 1500 + 450 + 3)


def test_a_training_is_due_with_every_period() -> None:
    day = 10_000 * 0.004 + 86_400 * 0.01
    assert LIFE.after(7.0, WEEKLY)[1] == pytest.approx(1302 + 7 * day)
    assert LIFE.after(7.01, WEEKLY)[1] == pytest.approx(1302 + 302 + 7.01 * day)
    assert LIFE.after(21.5, WEEKLY)[1] == pytest.approx(1000 + 4 * 302 + 21.5 * day)
    once = Operation(10_000.0, None)
    assert LIFE.after(1000.0, once)[1] == pytest.approx(1302 + 1000 * day)


def test_a_year_is_the_sum_of_its_parts() -> None:
    parts = LIFE.parts_of_a_year(WEEKLY)
    assert parts == {
        "training": pytest.approx(365 / 7 * 300),
        "refresh": pytest.approx(365 / 7 * 2),
        "serving": pytest.approx(365 * 40),
        "idle": pytest.approx(365 * 864),
    }
    low, central, high = LIFE.of_a_year(WEEKLY)
    assert central == pytest.approx(sum(parts.values()))
    assert (low, high) == (pytest.approx(central / 2), pytest.approx(central * 3 / 2))


def test_the_curves_cross_at_the_break_even() -> None:
    n = break_even(DEAR, CHEAP).recommendations
    assert n is not None
    once, a, b = Operation(1000.0, None), LifeCycle.of(DEAR), LifeCycle.of(CHEAP)
    assert a.after(n / 1000, once)[1] == pytest.approx(b.after(n / 1000, once)[1])
    ahead = [
        p[2][1] < q[2][1] for p, q in zip(curve(a, once, 50.0), curve(b, once, 50.0), strict=True)
    ]
    assert (ahead[:50], ahead[51:]) == ([False] * 50, [True] * 50), "25,000 is point 50 of 100"


def test_with_retraining_the_dearer_wins_above_the_break_even_of_a_period() -> None:
    for per_day, dearer_wins in ((3_600.0, True), (3_500.0, False)):
        operation = Operation(per_day, 7.0)
        year_a, year_b = (LifeCycle.of(s).of_a_year(operation)[1] for s in (DEAR, CHEAP))
        assert (year_a < year_b) is dearer_wins
        served = requests_per_training(operation)
        assert served is not None
        assert (served > 25_000) is dearer_wins
    assert requests_per_training(Operation(1.0, None)) is None


def test_a_year_in_kilowatt_hours_and_grams() -> None:
    joules = (1.8e6, 3.6e6, 7.2e6)
    assert kwh_range(joules) == (0.5, 1.0, 2.0)
    found = grams(joules, Intensity(300.0, "Italy", 2024, "test"), 1.5)
    assert found is not None
    assert (found.low_g, found.central_g, found.high_g) == (225.0, 450.0, 900.0)
    assert grams(joules, None, 1.5) is None


@pytest.mark.parametrize(
    ("text", "days"),
    [("7d", 7.0), ("12h", 0.5), ("4w", 28.0), ("1y", 365.0), ("3", 3.0), ("never", None)],
)
def test_cadences(text: str, days: float | None) -> None:
    assert parse_cadence(text) == days


@pytest.mark.parametrize("text", ["", "0d", "soon", "-1d", "7 months"])
def test_what_is_no_cadence(text: str) -> None:
    with pytest.raises(InputError, match=r"--retrain-every `.*` is not a span of time above zero"):
        parse_cadence(text)
