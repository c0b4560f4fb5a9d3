"""Training pairs in random order, each with a negative that the user never chose."""

from collections.abc import Iterator
from typing import Any, no_type_check

import numba
import numpy as np
import torch
from numpy.typing import NDArray

from ecorec.data.batch import PairBatch
from ecorec.data.interactions import Interactions
from ecorec.errors import DataError


class PairSampler:
    """Every training interaction once an epoch, with one uniform negative each.

    The protocol of BPR (Rendle et al. 2009) as the GNN codes run it: a random permutation
    of the interactions instead of draws with replacement.

    Args:
        train: Training interactions.
        batch_size: Interactions a batch; the last batch of an epoch may be smaller.
        rng: Draws the order and the negatives; nothing else decides them.

    Raises:
        DataError: Somebody has interacted with every item, so that no negative exists.
    """

    def __init__(self, train: Interactions, batch_size: int, rng: np.random.Generator) -> None:
        self.batch_size = batch_size
        self.rng = rng
        self.n_items = train.n_items
        order = np.lexsort((train.items, train.users))
        self._users = train.users[order]
        self._items = train.items[order]
        counts = np.bincount(self._users, minlength=train.n_users)
        self._indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        sated = np.flatnonzero(counts >= train.n_items)
        if sated.size:
            message = (
                f"{sated.size} users have interacted with all {train.n_items} items, "
                f"`{train.user_ids[sated[0]]}` first: there is no negative to sample for them"
            )
            raise DataError(message, hint="raise --k-core or leave these users out")

    @property
    def n_batches(self) -> int:
        """Batches an epoch."""
        return -(-self._users.size // self.batch_size)

    def epoch(self) -> Iterator[PairBatch]:
        """Yield the batches of one epoch; the negatives are drawn in bulk at its start."""
        order = self.rng.permutation(self._users.size)
        users, positives = self._users[order], self._items[order]
        negatives = self._negatives(users)
        parts = [torch.from_numpy(array) for array in (users, positives, negatives)]
        for start in range(0, users.size, self.batch_size):
            yield PairBatch(*(part[start : start + self.batch_size] for part in parts))

    def _negatives(self, users: NDArray[np.int64]) -> NDArray[np.int64]:
        negatives = self.rng.integers(0, self.n_items, users.size)
        taken = np.flatnonzero(_contains(self._indptr, self._items, users, negatives))
        while taken.size:
            redrawn = self.rng.integers(0, self.n_items, taken.size)
            negatives[taken] = redrawn
            taken = taken[_contains(self._indptr, self._items, users[taken], redrawn)]
        return negatives


@no_type_check
@numba.njit(nogil=True, cache=True)
def _contains(indptr: Any, items: Any, users: Any, candidates: Any) -> Any:
    found = np.empty(users.size, dtype=np.bool_)
    for row in range(users.size):
        low, high = indptr[users[row]], indptr[users[row] + 1]
        candidate = candidates[row]
        while low < high:
            middle = (low + high) // 2
            if items[middle] < candidate:
                low = middle + 1
            else:
                high = middle
        found[row] = low < indptr[users[row] + 1] and items[low] == candidate
    return found
