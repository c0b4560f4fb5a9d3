"""Full ranking against sorting, and ties that no index decides."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ecorec.errors import InputError, TrainingError
from ecorec.evaluation import ranking
from ecorec.evaluation.evaluate import HeldOut, evaluate, evaluate_one
from ecorec.evaluation.item_lists import ItemLists
from ecorec.evaluation.metrics import MetricAtK
from ecorec.evaluation.ranking import rank

CPU = torch.device("cpu")


@dataclass
class Given:
    """A scorer whose scores are given."""

    matrix: torch.Tensor

    def scores(self, users: torch.Tensor) -> torch.Tensor:
        return self.matrix[users]


def empty(n_users: int) -> ItemLists:
    nothing = np.zeros(0, dtype=np.int64)
    return ItemLists.from_pairs(nothing, nothing, n_users)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    k=st.integers(1, 12),
    block=st.sampled_from([1, 40, 10**6]),
    at_least=st.integers(1, 8),
)
def test_equals_sorting_the_unseen_items(seed: int, k: int, block: int, at_least: int) -> None:
    rng = np.random.default_rng(seed)
    n_users, n_items = 7, 12
    scores = rng.permutation(n_users * n_items).reshape(n_users, n_items).astype(np.float64)
    users, items = np.nonzero(rng.random((n_users, n_items)) < 0.3)
    seen = ItemLists.from_pairs(users, items, n_users)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "SCORES_PER_BLOCK", block)
        patch.setattr(ranking, "LEAST_USERS", at_least)
        found = rank(Given(torch.from_numpy(scores)), np.arange(n_users), seen, n_items, k, 0, CPU)
    for user in range(n_users):
        unseen = np.setdiff1d(np.arange(n_items), seen.of(user))
        expected = unseen[np.argsort(-scores[user, unseen])][:k]
        np.testing.assert_array_equal(found[user][: expected.size], expected)
        assert (found[user][expected.size :] == -1).all()


def test_a_constant_scorer_is_at_chance() -> None:
    n_users, n_items, k = 4000, 50, 10
    users = np.arange(n_users)
    # Everybody wants item 0: breaking ties by index would give everyone a hit at rank 1.
    held_out = HeldOut(
        relevant=ItemLists.from_pairs(users, np.zeros(n_users, dtype=np.int64), n_users),
        seen=empty(n_users),
        popularity=np.ones(n_items, dtype=np.int64),
        tie_seed=3,
        device=CPU,
    )
    constant = Given(torch.ones(n_users, n_items))
    found = evaluate(constant, held_out, [k])
    error = np.sqrt(0.2 * 0.8 / n_users)
    assert abs(found.metrics["hit@10"] - k / n_items) < 4 * error
    assert found.metrics["coverage@10"] == 1.0
    assert found.metrics["gini@10"] < 0.05


def test_ties_follow_the_seed_and_nothing_else() -> None:
    constant = Given(torch.zeros(5, 30))
    first, again, other = (
        rank(constant, np.arange(5), empty(5), 30, 8, seed, CPU) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    alone = rank(constant, np.array([3]), empty(5), 30, 8, 1, CPU)
    np.testing.assert_array_equal(alone[0], first[3])


def test_a_score_that_is_no_number_is_refused() -> None:
    scores = torch.zeros(2, 4)
    scores[1, 2] = float("nan")
    with pytest.raises(TrainingError, match="a score is not a number"):
        rank(Given(scores), np.arange(2), empty(2), 4, 2, 0, CPU)


def test_k_larger_than_the_catalogue_is_refused() -> None:
    users = np.zeros(1, dtype=np.int64)
    held_out = HeldOut(
        ItemLists.from_pairs(users, users, 1), empty(1), np.ones(3, dtype=np.int64), 0, CPU
    )
    with pytest.raises(InputError, match="K = 10 is larger than the catalogue of 3 items"):
        evaluate_one(Given(torch.zeros(1, 3)), held_out, MetricAtK("ndcg", 10))


def test_repeated_pairs_count_once() -> None:
    lists = ItemLists.from_pairs(np.array([1, 0, 1, 1]), np.array([4, 2, 4, 0]), 3)
    assert [lists.of(user).tolist() for user in range(3)] == [[2], [0, 4], []]


@pytest.mark.parametrize("users_per_call", [1, 3, None])
def test_lists_do_not_depend_on_how_many_users_are_scored_at_a_time(
    users_per_call: int | None,
) -> None:
    scores = torch.rand(7, 20, generator=torch.Generator().manual_seed(5))
    calls: list[int] = []

    class Counting:
        def scores(self, users: torch.Tensor) -> torch.Tensor:
            calls.append(users.numel())
            return scores[users]

    users = np.arange(7)
    found = rank(Counting(), users, empty(7), 20, 4, 1, CPU, users_per_call)
    np.testing.assert_array_equal(found, rank(Given(scores), users, empty(7), 20, 4, 1, CPU))
    assert calls == {1: [1] * 7, 3: [3, 3, 1], None: [7]}[users_per_call]
