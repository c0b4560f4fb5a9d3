"""Full ranking: the best k unseen items of every user, a block of users at a time."""

from dataclasses import dataclass
from typing import Any, Protocol, no_type_check, runtime_checkable

import numba
import numpy as np
import torch
from jaxtyping import Float, Int32, Int64
from numpy import ndarray
from numpy.typing import NDArray
from torch import Tensor

from ecorec.errors import TrainingError

SCORES_PER_BLOCK = 2**23
"""Scores that exist at a time: memory is bounded by this, never by users x items."""

LEAST_USERS = 32
"""Scored at a time, however many items there are: item embeddings come from memory once for all of
them. Their scores take the room of item embeddings of this size."""


@runtime_checkable
class Scorer(Protocol):
    """Anything that can score all items for some users."""

    def scores(self, users: Int64[Tensor, " batch"]) -> Float[Tensor, "batch items"]:
        """Return the score of every item for each of these users."""
        ...


@dataclass(frozen=True, eq=False)
class EmbeddingScorer:
    """Scores as inner products of user and item embeddings."""

    users: Float[Tensor, "users size"]
    items: Float[Tensor, "items size"]

    def scores(self, users: Int64[Tensor, " batch"]) -> Float[Tensor, "batch items"]:
        """Return the inner product of these users with every item."""
        return self.users[users] @ self.items.T


@dataclass(frozen=True, eq=False)
class ItemLists:
    """A list of items for every user, e.g. what they have already seen."""

    indptr: NDArray[np.int64]
    """Shape (users + 1,)."""
    items: NDArray[np.int32]
    """Shape (entries,): ascending within each user, without repetition."""

    @classmethod
    def from_pairs(
        cls, users: NDArray[np.int64], items: NDArray[np.int64], n_users: int
    ) -> "ItemLists":
        """Group (user, item) pairs by user."""
        order = np.lexsort((items, users))
        users, items = users[order], items[order]
        if users.size:
            first = np.ones(users.size, dtype=bool)
            first[1:] = (users[1:] != users[:-1]) | (items[1:] != items[:-1])
            users, items = users[first], items[first]
        counts = np.bincount(users, minlength=n_users)
        indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls(indptr, items.astype(np.int32))

    def counts(self) -> NDArray[np.int64]:
        """Return the length of each user's list."""
        return np.diff(self.indptr)

    def of(self, user: int) -> NDArray[np.int32]:
        """Return one user's items."""
        return self.items[self.indptr[user] : self.indptr[user + 1]]


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
    block = users_per_call or max(LEAST_USERS, SCORES_PER_BLOCK // max(1, n_items))
    for start in range(0, users.size, block):
        chunk = users[start : start + block]
        with torch.no_grad():
            scores = scorer.scores(torch.from_numpy(chunk).to(device))
        on_host = scores.contiguous().cpu().numpy()
        part = lists[start : start + block]
        _refuse_unless(_select(on_host, chunk, seen.indptr, seen.items, tie_seed, part))
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
    _refuse_unless(_select_on_one_thread(scores, numbers, seen.indptr, seen.items, tie_seed, lists))
    return lists


def _refuse_unless(good: bool) -> None:
    if not good:
        message = "a score is not a number: the model's parameters have diverged"
        raise TrainingError(message, hint="try a smaller learning_rate")


@no_type_check
@numba.njit(inline="always")
def _hash(seed: Any, user: Any, item: Any) -> Any:
    # splitmix64 of the three numbers: cheap, and without visible structure.
    mixed = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= np.uint64(user) * np.uint64(0xBF58476D1CE4E5B9)
    mixed += np.uint64(item) * np.uint64(0x94D049BB133111EB)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@no_type_check
@numba.njit(inline="always")
def _sift_down(scores: Any, ties: Any, items: Any, root: Any, size: Any) -> None:
    while True:
        child = 2 * root + 1
        if child >= size:
            return
        other = child + 1
        if other < size and (
            scores[other] < scores[child]
            or (scores[other] == scores[child] and ties[other] < ties[child])
        ):
            child = other
        if scores[root] < scores[child] or (
            scores[root] == scores[child] and ties[root] <= ties[child]
        ):
            return
        scores[root], scores[child] = scores[child], scores[root]
        ties[root], ties[child] = ties[child], ties[root]
        items[root], items[child] = items[child], items[root]
        root = child


@no_type_check
@numba.njit(nogil=True, cache=True)
def _choose(scores: Any, user: Any, seen: Any, seed: Any, chosen: Any) -> Any:
    # A heap of the k best, worst on top: nearly every item fails one comparison and is done.
    k = chosen.size
    best = np.full(k, -np.inf, dtype=scores.dtype)
    ties = np.zeros(k, dtype=np.uint64)
    chosen[:] = -1
    next_seen = 0
    for item in range(scores.size):
        if next_seen < seen.size and seen[next_seen] == item:
            next_seen += 1
            continue
        score = scores[item]
        if score < best[0]:
            continue
        if score != score:
            return False
        tie = _hash(seed, user, item)
        if score == best[0] and tie < ties[0] and chosen[0] >= 0:
            continue
        best[0], ties[0], chosen[0] = score, tie, item
        _sift_down(best, ties, chosen, 0, k)
    for last in range(k - 1, 0, -1):
        best[0], best[last] = best[last], best[0]
        ties[0], ties[last] = ties[last], ties[0]
        chosen[0], chosen[last] = chosen[last], chosen[0]
        _sift_down(best, ties, chosen, 0, last)
    return True


@no_type_check
@numba.njit(parallel=True, nogil=True, cache=True)
def _select(
    scores: Any, users: Any, seen_indptr: Any, seen_items: Any, seed: Any, lists: Any
) -> Any:
    bad = 0
    for row in numba.prange(scores.shape[0]):
        user = users[row]
        seen = seen_items[seen_indptr[user] : seen_indptr[user + 1]]
        if not _choose(scores[row], user, seen, seed, lists[row]):
            bad += 1
    return bad == 0


@no_type_check
@numba.njit(nogil=True, cache=True)
def _select_on_one_thread(
    scores: Any, numbers: Any, seen_indptr: Any, seen_items: Any, seed: Any, lists: Any
) -> Any:
    good = True
    for row in range(scores.shape[0]):
        seen = seen_items[seen_indptr[row] : seen_indptr[row + 1]]
        good &= _choose(scores[row], numbers[row], seen, seed, lists[row])
    return good


@no_type_check
@numba.njit(nogil=True, cache=True)
def tie_numbers(seed: Any, number: Any, items: Any) -> Any:
    """Return what orders a user's items whose scores are equal: larger comes first."""
    found = np.empty(items.size, dtype=np.uint64)
    for at in range(items.size):
        found[at] = _hash(seed, number, items[at])
    return found
