"""Full ranking: the best k unseen items of every user, a block of users at a time."""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float, Int32, Int64
from numpy import ndarray
from numpy.typing import NDArray

from ecorec.errors import TrainingError
from ecorec.evaluation import top_k
from ecorec.evaluation.item_lists import ItemLists
from ecorec.evaluation.scorer import Scorer

SCORES_PER_BLOCK = 2**23
"""Scores that exist at a time: memory is bounded by this, never by users x items."""

LEAST_USERS = 32
"""Users scored together even if their scores exceed SCORES_PER_BLOCK: the item table is read from
memory once for all of them."""


def rank(
    scorer: Scorer,
    users: NDArray[np.int64],
    seen: ItemLists,
    n_items: int,
    k: int,
    tie_seed: int,
    device: torch.device,
    users_per_call: int | None = None,
) -> NDArray[np.int32]:
    """Return the k best unseen items of each user, best first.

    Equal scores are ordered by a hash of seed, user and item, never by index: a model that
    scores everything alike is ranked at chance instead of by the order of the file.

    Args:
        scorer: Scores items.
        users: Shape (ranked,): whose lists are wanted.
        seen: Items that are never recommended, per user.
        n_items: Size of the catalogue.
        k: Length of the lists.
        tie_seed: Seed of the hash that orders equal scores.
        device: Where the scorer lives.
        users_per_call: Users that are scored at a time; as many as fit a block, if not given.

    Returns:
        Shape (ranked, k); -1 where a user has fewer than k unseen items.

    Raises:
        TrainingError: A score is not a number.
    """
    lists = np.empty((users.size, k), dtype=np.int32)
    for rows, scores in score_blocks(scorer, users, n_items, device, users_per_call):
        lists[rows] = select_for_users(scores, users[rows], seen, k, tie_seed)
    return lists


def score_blocks(
    scorer: Scorer,
    users: NDArray[np.int64],
    n_items: int,
    device: torch.device,
    users_per_call: int | None = None,
) -> Iterator[tuple[slice, Float[ndarray, "batch items"]]]:
    """Yield which of the users come next, and their scores of every item; each user once.

    Args:
        scorer: Scores items.
        users: Shape (ranked,).
        n_items: Size of the catalogue.
        device: Where the scorer lives.
        users_per_call: Users that are scored at a time; as many as fit a block, if not given.
    """
    block = users_per_call or max(LEAST_USERS, SCORES_PER_BLOCK // max(1, n_items))
    for start in range(0, users.size, block):
        chunk = users[start : start + block]
        with torch.no_grad():
            scores = scorer.scores(torch.from_numpy(chunk).to(device))
        yield slice(start, start + chunk.size), scores.contiguous().cpu().numpy()


def select_for_users(
    scores: Float[ndarray, "batch items"],
    users: Int64[ndarray, " batch"],
    seen: ItemLists,
    k: int,
    tie_seed: int,
) -> Int32[ndarray, "batch k"]:
    """Return the k best unseen items of each row as `rank` does, on all threads.

    Args:
        scores: Of every item, per row.
        users: Of each row.
        seen: Items that are left out, one list per user.
        k: Length of the lists.
        tie_seed: Seed of the hash that orders equal scores.

    Raises:
        TrainingError: A score is not a number.
    """
    lists = np.empty((users.size, k), dtype=np.int32)
    _refuse_unless(top_k.select(scores, users, seen.indptr, seen.items, tie_seed, lists))
    return lists


def select_best(
    scores: Float[ndarray, "batch items"],
    numbers: Int64[ndarray, " batch"],
    seen: ItemLists,
    k: int,
    tie_seed: int,
) -> Int32[ndarray, "batch k"]:
    """Return the k best unseen items of each row as `rank` does, on the calling thread alone.

    Args:
        scores: Of every item, per row.
        numbers: What `rank` hashes ties with: the user's index.
        seen: Items that are left out, one list per row.
        k: Length of the lists.
        tie_seed: Seed of the hash that orders equal scores.

    Raises:
        TrainingError: A score is not a number.
    """
    lists = np.empty((scores.shape[0], k), dtype=np.int32)
    _refuse_unless(
        top_k.select_on_one_thread(scores, numbers, seen.indptr, seen.items, tie_seed, lists)
    )
    return lists


def _refuse_unless(good: bool) -> None:
    if not good:
        message = "a score is not a number: the model's parameters have diverged"
        raise TrainingError(message, hint="try a smaller learning_rate")
