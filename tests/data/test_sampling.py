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


def test_a_user_with_every_item_is_refused() -> None:
    with pytest.raises(DataError, match="1 users have interacted with all 2 items, `u0` first"):
        PairSampler(interactions_of([(0, 0), (0, 1), (1, 0)], 2, 2), 4, np.random.default_rng(0))
