"""Whether a user has an item, against a set of pairs; and that the filter answers most of it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ecorec.data.membership import Membership

N_USERS, N_ITEMS = 5, 70_000


def made(pairs: set[tuple[int, int]]) -> Membership:
    ordered = sorted(pairs)
    counts = np.bincount([user for user, _ in ordered], minlength=N_USERS)
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Membership(indptr, np.array([item for _, item in ordered], dtype=np.int64))


users = st.integers(0, N_USERS - 1)
items = st.one_of(st.integers(0, 20), st.integers(0, N_ITEMS - 1))


@given(pairs=st.sets(st.tuples(users, items)), asked=st.lists(st.tuples(users, items)))
def test_it_is_a_set_of_pairs(pairs: set[tuple[int, int]], asked: list[tuple[int, int]]) -> None:
    asked = [*asked, *pairs]
    found = made(pairs).has(
        np.array([user for user, _ in asked], dtype=np.int64),
        np.array([item for _, item in asked], dtype=np.int64),
    )
    assert found.tolist() == [pair in pairs for pair in asked]


def test_the_filter_lets_one_item_in_sixteen_through() -> None:
    """Told by what a search finds behind it once other items lie where it looks."""
    own = np.arange(1, 2001, dtype=np.int64) * 7
    known = Membership(np.array([0, own.size]), own)
    known._items = np.setdiff1d(np.arange(N_ITEMS), own)[: own.size]
    passed = known.has(np.zeros(own.size, dtype=np.int64), known._items).mean()
    assert 0.03 < passed < 0.1  # a standard error is 0.005
