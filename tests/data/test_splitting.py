"""Splits: nothing lost, nothing leaked, sizes as published conventions have them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecorec.data.dataset import VALID, Dataset
from ecorec.data.interactions import Interactions
from ecorec.data.protocols import SplitSettings
from ecorec.data.splitting import make_split
from ecorec.errors import DataError, InputError
from tests.conftest import interactions_of

PROTOCOLS = (
    SplitSettings(),
    SplitSettings(order="time"),
    SplitSettings(protocol="leave-one-out"),
    SplitSettings(protocol="temporal"),
)


def timed(seed: int, n_users: int = 12, n_items: int = 40) -> Dataset:
    """Users with 3 to 30 interactions at shuffled, partly equal times."""
    rng = np.random.default_rng(seed)
    users = np.repeat(np.arange(n_users), rng.integers(3, 30, n_users))
    items = np.concatenate(
        [rng.choice(n_items, int((users == u).sum()), replace=False) for u in range(n_users)]
    )
    order = rng.permutation(users.size)
    plain = interactions_of(list(zip(users[order], items[order], strict=True)), n_users, n_items)
    times = rng.integers(0, 50, users.size)
    whole = Interactions(plain.users, plain.items, times, plain.user_ids, plain.item_ids)
    return Dataset("made", whole)


def keys(part: Interactions) -> np.ndarray:
    return part.users * part.n_items + part.items


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda p: p.in_words())
@settings(max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_a_split_is_a_partition(protocol: SplitSettings, seed: int) -> None:
    dataset = timed(seed)
    split = make_split(dataset, protocol, seed)
    parts = [keys(part) for part in (split.train, split.valid, split.test)]
    together = np.sort(np.concatenate(parts))
    np.testing.assert_array_equal(together, np.sort(keys(dataset.interactions)))


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_leave_one_out_takes_the_last_two_by_time_then_file(seed: int) -> None:
    whole = timed(seed).interactions
    split = make_split(timed(seed), SplitSettings(protocol="leave-one-out"), 1)
    for user in range(whole.n_users):
        rows = np.flatnonzero(whole.users == user)
        rows = rows[np.lexsort((rows, whole.timestamps[rows]))]
        assert split.test.items[split.test.users == user].tolist() == [whole.items[rows[-1]]]
        assert split.valid.items[split.valid.users == user].tolist() == [whole.items[rows[-2]]]


def test_sizes_are_rounded_as_recbole_does() -> None:
    # Interactions of a user -> (train, valid, test) under 80/10/10.
    expected = {1: (1, 0, 0), 2: (1, 0, 1), 3: (1, 1, 1), 9: (7, 1, 1), 10: (8, 1, 1),
                19: (17, 1, 1), 20: (16, 2, 2), 30: (24, 3, 3), 99: (81, 9, 9)}  # fmt: skip
    pairs = [(user, item) for user, n in enumerate(expected) for item in range(n)]
    split = make_split(Dataset("made", interactions_of(pairs, 9, 99)), SplitSettings(), 1)
    for user, sizes in enumerate(expected.values()):
        parts = (split.train, split.valid, split.test)
        assert tuple(int((part.users == user).sum()) for part in parts) == sizes
    assert (split.n_users_without_train, split.n_users_without_test) == (0, 1)


def test_temporal_has_no_training_after_the_test_begins() -> None:
    split = make_split(timed(4), SplitSettings(protocol="temporal"), 1)
    assert split.train.timestamps.max() <= split.valid.timestamps.min()
    assert split.valid.timestamps.max() <= split.test.timestamps.min()


def test_the_seed_decides_and_is_recorded_only_where_something_is_random() -> None:
    one, again, other = (make_split(timed(5), SplitSettings(), seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(keys(one.test), keys(again.test))
    assert set(keys(one.test)) != set(keys(other.test))
    assert one.seed == 1
    assert make_split(timed(5), SplitSettings(protocol="leave-one-out"), 1).seed is None


def test_k_core_over_training_interactions_sees_nothing_else() -> None:
    dataset = timed(6, n_users=40, n_items=30)
    split = make_split(replace(dataset, train_core=8), SplitSettings(), 1)
    assert np.bincount(split.train.users)[np.unique(split.train.users)].min() >= 8
    assert np.bincount(split.train.items)[np.unique(split.train.items)].min() >= 8
    assert len(split.whole) < len(dataset.interactions)
    assert set(split.test.users) <= set(split.train.users)
    assert set(split.test.items) <= set(split.train.items)


def test_who_left_the_k_core_over_training_interactions_is_in_no_part_of_the_catalogue() -> None:
    dataset = replace(timed(6, n_users=40, n_items=30), train_core=13)
    split = make_split(dataset, SplitSettings(), 1)
    assert split.train.n_users == np.unique(split.train.users).size < 40
    assert split.train.n_items == np.unique(split.train.items).size < 30
    for part in (split.valid, split.test, split.whole):
        assert part.user_ids is split.train.user_ids
        assert part.item_ids is split.train.item_ids

    def outside(part: Interactions) -> set[tuple[str, str, int]]:
        ids = part.user_ids[part.users].tolist(), part.item_ids[part.items].tolist()
        return {*zip(*ids, part.timestamps.tolist(), strict=True)}

    kept = outside(split.train) | outside(split.valid) | outside(split.test)
    assert kept == outside(split.whole) < outside(dataset.interactions)
    without = make_split(timed(6, n_users=40, n_items=30), SplitSettings(), 1)
    assert outside(split.test) < outside(without.test)


def test_a_k_core_that_leaves_nobody_is_refused() -> None:
    dataset = replace(timed(6), train_core=1000)
    with pytest.raises(DataError, match="nothing is left after the 1000-core over training"):
        make_split(dataset, SplitSettings(), 1)


def test_other_data_are_in_use_under_a_k_core_over_training_interactions() -> None:
    dataset = timed(6)
    assert replace(dataset, train_core=8).fingerprint() != dataset.fingerprint()


def test_given_parts_stay_and_validation_is_taken_from_training_if_missing() -> None:
    whole = interactions_of([(u, i) for u in range(5) for i in range(20)], 5, 20)
    parts = np.where(whole.items >= 15, 2, 0).astype(np.int8)
    halves, protocol = Dataset("made", whole, parts=parts), SplitSettings(protocol="given")
    split = make_split(halves, protocol, 1)
    other = make_split(halves, protocol, 2)
    assert (split.seed, other.seed) == (1, 2)
    assert keys(split.valid).tolist() != keys(other.valid).tolist()
    with_all_three = np.where(np.arange(parts.size) % 7 == 0, VALID, parts)
    stated = Dataset("made", whole, parts=with_all_three.astype(np.int8))
    assert make_split(stated, protocol, 1).seed is None
    assert len(split.test) == 25
    assert len(split.valid) == 7
    assert (split.test.items >= 15).all()


@pytest.mark.parametrize(
    ("settings_", "error", "message"),
    [
        (SplitSettings(protocol="given"), InputError, "brings no split of its own"),
        (SplitSettings(protocol="temporal"), InputError, "has no timestamps"),
        (SplitSettings(valid_share=0.6, test_share=0.5), InputError, "leaves nothing to train on"),
    ],
)
def test_a_protocol_that_does_not_fit(settings_, error, message: str) -> None:
    dataset = Dataset("made", interactions_of([(0, 0), (0, 1), (0, 2)], 1, 3))
    with pytest.raises(error, match=message):
        make_split(dataset, settings_, 1)


def test_an_empty_test_set_is_refused() -> None:
    dataset = Dataset("made", interactions_of([(0, 0), (1, 1)], 2, 2))
    with pytest.raises(DataError, match="leaves the validation set empty"):
        make_split(dataset, SplitSettings(protocol="leave-one-out"), 1)


def test_a_leak_is_noticed() -> None:
    whole = interactions_of([(0, 0), (0, 1), (0, 2)], 1, 3)
    split = make_split(Dataset("made", whole), SplitSettings(protocol="leave-one-out"), 1)
    leaking = type(split)(**{**vars(split), "valid": split.test})
    with pytest.raises(DataError, match="in more than one part"):
        leaking.check()
    losing = type(split)(**{**vars(split), "train": split.train.select(np.zeros(1, dtype=bool))})
    with pytest.raises(DataError, match="holds 2 of 3 interactions"):
        losing.check()
