"""Successive halving: rungs by hand, and what must hold for any grid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecorec.planning.halving import rungs, survivors


@pytest.mark.parametrize(
    ("n_candidates", "epochs", "every", "factor", "expected"),
    [
        (9, 81, 1, 3, (9, 27, 81)),
        (8, 81, 1, 3, (27, 81)),  # 8 -> 3, and 3 are trained to the end
        (27, 30, 5, 3, (5, 10, 30)),  # 30 / 27 and 30 / 9 round up to the same validation
        (16, 8, 2, 2, (2, 4, 8)),
        (2, 30, 5, 3, (30,)),
        (100, 5, 5, 3, (5,)),
        (4, 7, 2, 2, (2, 4, 7)),
    ],
)
def test_rungs_by_hand(n_candidates, epochs, every, factor, expected) -> None:
    assert rungs(n_candidates, epochs, every, factor) == expected


@given(st.integers(1, 200), st.integers(1, 400), st.integers(1, 20), st.integers(2, 5))
def test_rungs_ascend_to_the_end_and_are_validated(n_candidates, epochs, every, factor) -> None:
    found = rungs(n_candidates, epochs, every, factor)
    assert found[-1] == epochs
    assert list(found) == sorted(set(found))
    assert all(rung % every == 0 for rung in found[:-1])
    # No rung is reached with fewer candidates than one factor.
    assert n_candidates >= factor ** (len(found) - 1)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.integers(2, 5))
def test_the_best_go_on(values, factor) -> None:
    named = dict(enumerate(values))
    kept = survivors(named, factor)
    assert len(kept) == -(-len(values) // factor)
    left = [value for key, value in named.items() if key not in kept]
    assert not left or max(left) <= min(named[key] for key in kept)


def test_of_equals_who_is_named_first_goes_on_in_the_order_of_the_plan() -> None:
    values = {"a": 0.1, "b": 0.3, "c": 0.2, "d": 0.2}
    assert survivors(values, 2) == ["b", "c"]
