"""Budgets: what they say, and that a run may go on exactly as long as it can still end within."""

import pytest

from ecorec.energy.emissions import Intensity
from ecorec.errors import InputError
from ecorec.planning.budget import parse_budget
from ecorec.planning.purse import Purse
from tests.planning.test_forecast import reading

GRID = Intensity(360.0, "somewhere", 2024, "made up")


@pytest.mark.parametrize(
    ("text", "quantity", "amount"),
    [
        ("200kJ", "energy", 200e3),
        ("1.5 MJ", "energy", 1.5e6),
        ("200mJ", "energy", 0.2),
        ("2 Wh", "energy", 7200),
        ("0.1kWh", "energy", 360e3),
        ("2h", "time", 7200),
        ("90 s", "time", 90),
        ("1e3 min", "time", 60e3),
    ],
)
def test_amounts_and_units(text: str, quantity: str, amount: float) -> None:
    found = parse_budget(text)
    assert (found.quantity, found.amount) == (quantity, pytest.approx(amount))


@pytest.mark.parametrize("text", ["", "5", "kJ", "-3kJ", "0 J", "5 bananas", "1..2 J", "3 kJ!"])
def test_what_is_no_budget_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match="is no budget") as caught:
        parse_budget(text)
    assert "--budget 200kJ" in (caught.value.hint or "")


def test_a_unit_that_may_be_two_is_refused() -> None:
    """Lower-cased, 200 mJ were 200 MJ: a budget that nothing would ever reach."""
    with pytest.raises(InputError, match=r"`200mj` is no budget: `mj` may be mJ or MJ"):
        parse_budget("200mj")


def test_grams_need_a_grid_and_follow_from_joules() -> None:
    with pytest.raises(InputError, match="where the electricity comes from"):
        parse_budget("50g")
    budget = parse_budget("50g", GRID, pue=2.0)
    # 6 J/s x 600 s = 3.6 kJ = 1e-3 kWh; x 360 g x 2.
    assert budget.of(reading(600.0)) == pytest.approx(0.72)
    assert budget.of_seconds(6.0) * 600 == pytest.approx(0.72)
    assert budget.in_words() == "50 g CO2-eq"


def test_what_follows_all_runs_is_kept_from_them() -> None:
    purse = Purse(parse_budget("100J"), reserve=30.0)
    purse.begin(spent=20.0, validation=2.0, ending=4.0)
    assert purse.left == 50
    # 20 + run + 6 + 2 + 4 + 30 <= 100.
    assert purse.allows_epoch(reading(38 / 6), reading(1.0))
    assert not purse.allows_epoch(reading(38.1 / 6), reading(1.0))


def test_an_epoch_is_allowed_exactly_as_long_as_the_run_can_still_end_within() -> None:
    purse = Purse(parse_budget("100J"))
    purse.begin(spent=20.0, validation=2.0, ending=4.0)
    assert purse.left == 80
    epoch = reading(1.0)  # 6 J
    # 20 + run + 6 + 2 + 4 <= 100 holds up to a run of 68 J.
    assert purse.allows_epoch(reading(68 / 6), epoch)
    assert not purse.allows_epoch(reading(68.1 / 6), epoch)
    # The dearest of the last three epochs is what the next is thought to take.
    assert not purse.allows_epoch(reading(60 / 6), reading(2.5))
    for _ in range(2):
        assert not purse.allows_epoch(reading(60 / 6), epoch)
    assert purse.allows_epoch(reading(60 / 6), epoch)


def test_a_time_budget_needs_no_energy() -> None:
    absent = reading(1.0).model_copy(update={"components": ()})
    assert parse_budget("1h").of(absent) == 2.0
    with pytest.raises(InputError, match="could not be read"):
        parse_budget("1kJ").of(absent)


def test_what_is_not_known_for_a_moment_was_not_free() -> None:
    """As much is taken for an epoch that could not be read as for the dearest of the last ones."""
    unread = reading(1.0).model_copy(update={"components": ()})
    purse = Purse(parse_budget("100J"))
    purse.begin(spent=20.0, validation=2.0, ending=4.0)
    epoch = reading(1.0)  # 6 J
    assert purse.allows_epoch(reading(60 / 6), epoch)  # 80 J, and 12 J to come
    assert purse.allows_epoch(unread, unread)  # 88 J
    assert not purse.allows_epoch(unread, unread)  # 96 J
    assert purse.allows_epoch(reading(68 / 6), epoch)  # it is 88 J
    purse.begin(spent=20.0, validation=2.0, ending=4.0)
    with pytest.raises(InputError, match="could not be read"):
        purse.allows_epoch(unread, unread)
