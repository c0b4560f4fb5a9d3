"""The best k of a row of scores, compiled: one pass, and a heap of the k best so far.

Equal scores are ordered by a hash of seed, user and item, never by index, which would
favour the same items for everybody. `models.row_loops` has a heap of its own: neighbours of equal
weight go by index.
"""

from typing import Any, no_type_check

import numba
import numpy as np


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
def select(
    scores: Any, users: Any, seen_indptr: Any, seen_items: Any, seed: Any, lists: Any
) -> Any:
    """Write the best of each row into `lists`; return whether all scores are numbers.

    What a row has seen stands in the list of its user.
    """
    bad = 0
    for row in numba.prange(scores.shape[0]):
        user = users[row]
        seen = seen_items[seen_indptr[user] : seen_indptr[user + 1]]
        if not _choose(scores[row], user, seen, seed, lists[row]):
            bad += 1
    return bad == 0


@no_type_check
@numba.njit(nogil=True, cache=True)
def select_on_one_thread(
    scores: Any, numbers: Any, seen_indptr: Any, seen_items: Any, seed: Any, lists: Any
) -> Any:
    """Do the same; what a row has seen stands in the list of the row."""
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
