"""Less training data: exact counts, nested parts, the latest ones, and nothing else changed."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecorec.data.dataset import Dataset
from ecorec.data.interactions import Interactions
from ecorec.data.protocols import SplitSettings
from ecorec.data.reduction import ReductionSettings, check_reduction, reduce_train
from ecorec.data.splitting import Split, make_split
from ecorec.errors import InputError
from tests.conftest import interactions_of
from tests.data.test_splitting import keys, timed


def reduced(split: Split, share: float, by: str = "random", seed: int = 1) -> Split:
    return reduce_train(split, ReductionSettings(share=share, by=by), seed)


@pytest.mark.parametrize("by", ["random", "recent"])
@settings(max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_smaller_shares_are_parts_of_larger_ones(by: str, seed: int) -> None:
    split = make_split(timed(seed), SplitSettings(), seed)
    kept = [set(keys(reduced(split, share, by, seed).train)) for share in (0.2, 0.4, 0.6, 0.8)]
    assert all(small < large for small, large in pairwise(kept))
    assert kept[-1] < set(keys(split.train))


def test_counts_are_exact() -> None:
    pairs = [(user, item) for user in range(5) for item in range(30)]
    split = make_split(Dataset("made", interactions_of(pairs, 5, 30)), SplitSettings(), 1)
    assert len(split.train) == 120
    # 0.7 * 120 is 83.99… in floating point.
    for share, expected in ((0.2, 24), (0.4, 48), (0.7, 84), (0.999, 119), (0.001, 1)):
        part = reduced(split, share)
        assert (len(part.train), len(part.unused)) == (expected, 120 - expected)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), share=st.sampled_from([0.2, 0.5, 0.9]))
def test_only_the_training_part_changes_and_nothing_is_lost(seed: int, share: float) -> None:
    split = make_split(timed(seed), SplitSettings(), seed)
    part = reduced(split, share)
    assert (part.valid, part.test) == (split.valid, split.test)
    assert part.train.user_ids is split.train.user_ids
    assert part.train.item_ids is split.train.item_ids
    both = np.concatenate([keys(part.train), keys(part.unused)])
    np.testing.assert_array_equal(np.sort(both), np.sort(keys(split.train)))
    learnt_from = np.unique(part.train.users).size
    assert part.n_users_without_train == 12 - learnt_from


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_recent_takes_the_latest_and_of_equal_times_the_later_row(seed: int) -> None:
    split = make_split(timed(seed), SplitSettings(), seed)
    part = reduced(split, 0.4, "recent")
    rows = sorted(range(len(split.train)), key=lambda row: (split.train.timestamps[row], row))
    expected = keys(split.train)[sorted(rows[-len(part.train) :])]
    np.testing.assert_array_equal(keys(part.train), expected)


def test_the_seed_decides_and_not_what_was_asked_before() -> None:
    split = make_split(timed(3), SplitSettings(), 1)
    first = keys(reduced(split, 0.4).train)
    reduced(split, 0.8)
    np.testing.assert_array_equal(keys(reduced(split, 0.4).train), first)
    assert set(keys(reduced(split, 0.4, seed=2).train)) != set(first)
    one, two = (reduced(split, 0.4, "recent", seed) for seed in (1, 2))
    np.testing.assert_array_equal(keys(one.train), keys(two.train))


@pytest.mark.parametrize("ordered", [False, True])
def test_recent_needs_one_clock_for_all(ordered: bool) -> None:
    plain = interactions_of([(u, i) for u in range(4) for i in range(10)], 4, 10)
    whole = Interactions(
        plain.users, plain.items, None, plain.user_ids, plain.item_ids, ordered=ordered
    )
    dataset = Dataset("mine", whole)
    check_reduction(dataset, None)
    check_reduction(dataset, ReductionSettings(share=0.2))
    with pytest.raises(InputError, match="`mine` has no timestamps: nothing says which") as caught:
        check_reduction(dataset, ReductionSettings(share=0.2, by="recent"))
    assert "--train-shares-by random" in caught.value.hint
