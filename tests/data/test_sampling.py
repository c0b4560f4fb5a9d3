"""Every pair once, negatives uniform over what the user has not chosen, nothing but the rng."""

import numpy as np
import pytest
import torch

from ecorec.data.sampling import PairSampler
from ecorec.errors import DataError
from tests.conftest import interactions_of


def epoch(sampler: PairSampler) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    batches = list(sampler.epoch())
    return tuple(
        torch.cat([getattr(batch, part) for batch in batches]).numpy()
        for part in ("users", "positives", "negatives")
    )


def test_an_epoch_holds_every_pair_once_in_another_order_each_time(blocks) -> None:
    sampler = PairSampler(blocks, 100, np.random.default_rng(1))
    first, second = epoch(sampler), epoch(sampler)
    expected = np.sort(blocks.users * 60 + blocks.items)
    for users, positives, _ in (first, second):
        np.testing.assert_array_equal(np.sort(users * 60 + positives), expected)
    assert (first[1] != second[1]).any()
    assert [len(b.users) for b in sampler.epoch()][:-1] == [100] * (sampler.n_batches - 1)


def test_negatives_are_never_positives_of_that_user(blocks) -> None:
    positive = set(zip(blocks.users.tolist(), blocks.items.tolist(), strict=True))
    sampler = PairSampler(blocks, 64, np.random.default_rng(2))
    for _ in range(5):
        users, _, negatives = epoch(sampler)
        assert not positive & set(zip(users.tolist(), negatives.tolist(), strict=True))


def test_negatives_are_uniform_over_the_rest() -> None:
    train = interactions_of([(0, i) for i in range(10)], 1, 30)
    sampler = PairSampler(train, 10, np.random.default_rng(3))
    drawn = np.concatenate([epoch(sampler)[2] for _ in range(2000)])
    counts = np.bincount(drawn, minlength=30)
    assert counts[:10].sum() == 0
    # 20,000 draws over 20 items: chi-squared with 19 degrees of freedom is below 43.8 in
    # 99.9 % of all cases; drawing one item twice as often gives about 900.
    assert ((counts[10:] - 1000) ** 2 / 1000).sum() < 43.8


def test_the_same_generator_gives_the_same_epoch(blocks) -> None:
    one, two = (epoch(PairSampler(blocks, 64, np.random.default_rng(4))) for _ in range(2))
    for left, right in zip(one, two, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("sampler", ["uniform", "popularity", "in-batch"])
@pytest.mark.parametrize("n_negatives", [1, 5])
def test_no_sampler_draws_what_the_user_has(blocks, sampler: str, n_negatives: int) -> None:
    positive = np.zeros((90, 60), dtype=bool)
    positive[blocks.users, blocks.items] = True
    rng = np.random.default_rng(2)
    batches = list(PairSampler(blocks, 64, rng, sampler=sampler, n_negatives=n_negatives).epoch())
    for batch in batches:
        negatives = batch.negatives.numpy().reshape(-1, n_negatives)
        assert not positive[batch.users.numpy()[:, None], negatives].any()
        assert batch.negatives.shape == (
            batch.users.shape if n_negatives == 1 else (*batch.users.shape, n_negatives)
        )
        if sampler == "in-batch" and len(batch.users) == 64:
            assert np.isin(negatives, batch.positives.numpy()).all()
    assert sum(len(batch.users) for batch in batches) == len(blocks)


@pytest.mark.parametrize(
    ("sampler", "n_negatives"),
    [("popularity", 1), ("popularity", 4), ("in-batch", 1), ("in-batch", 4)],
)
def test_popular_items_are_drawn_in_proportion(sampler: str, n_negatives: int) -> None:
    # Items 1, 2 and 3 have 1, 2 and 5 users; user 0 has none of them.
    pairs = [(0, 0)] + [(1 + u, item) for item, n in ((1, 1), (2, 2), (3, 5)) for u in range(n)]
    train = interactions_of(pairs, 6, 5)
    rng = np.random.default_rng(3)
    batches = PairSampler(train, 9, rng, sampler=sampler, n_negatives=n_negatives)
    drawn = [
        batch.negatives[batch.users == 0].flatten()
        for _ in range(4000 // n_negatives)
        for batch in batches.epoch()
    ]
    counts = np.bincount(torch.cat(drawn).numpy(), minlength=5)
    assert counts[[0, 4]].sum() == 0
    expected = 4000 * np.array([1, 2, 5]) / 8
    # Chi-squared with 2 degrees of freedom is below 13.8 in 99.9 % of all cases; uniform draws
    # over the three items give about 1900.
    assert ((counts[1:4] - expected) ** 2 / expected).sum() < 13.8


@pytest.mark.parametrize("sampler", ["popularity", "in-batch"])
def test_where_nothing_popular_is_left_the_draw_is_uniform(sampler: str) -> None:
    # User 0 has every item that anyone has; only items 2 and 3 are left, which nobody has.
    train = interactions_of([(0, 0), (0, 1), (1, 0)], 2, 4)
    batches = PairSampler(train, 1, np.random.default_rng(0), sampler=sampler)
    drawn = {
        int(batch.negatives) for _ in range(60) for batch in batches.epoch() if batch.users == 0
    }
    assert drawn == {2, 3}


def test_a_user_with_every_item_is_refused() -> None:
    with pytest.raises(DataError, match="1 users have interacted with all 2 items, `u0` first"):
        PairSampler(interactions_of([(0, 0), (0, 1), (1, 0)], 2, 2), 4, np.random.default_rng(0))


@pytest.mark.parametrize("sampler", ["uniform", "popularity", "in-batch"])
@pytest.mark.parametrize("n_negatives", [1, 3])
def test_without_need_of_negatives_who_has_every_item_gets_any(sampler, n_negatives) -> None:
    train = interactions_of([(0, 0), (0, 1), (0, 2), (1, 0)], 2, 3)
    rng, options = np.random.default_rng(0), {"sampler": sampler, "n_negatives": n_negatives}
    batches = PairSampler(train, 2, rng, needs_negatives=False, **options)
    drawn = {0: set(), 1: set()}
    for batch in (batch for _ in range(40) for batch in batches.epoch()):
        negatives = batch.negatives.reshape(-1, n_negatives).tolist()
        for user, items in zip(batch.users.tolist(), negatives, strict=True):
            drawn[user].update(items)
    assert drawn == {0: {0, 1, 2}, 1: {1, 2}}


@pytest.mark.parametrize("sampler", ["uniform", "popularity", "in-batch"])
def test_where_nobody_has_every_item_the_draws_are_the_same(blocks, sampler: str) -> None:
    one, other = (
        epoch(PairSampler(blocks, 64, np.random.default_rng(4), sampler=sampler, **asked))
        for asked in ({}, {"needs_negatives": False})
    )
    for left, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(left, right)
