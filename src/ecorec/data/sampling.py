"""Training pairs in random order, each with negatives that the user never chose."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from ecorec.data.batch import PairBatch
from ecorec.data.interactions import Interactions
from ecorec.data.membership import Membership
from ecorec.errors import DataError

Sampling = Literal["uniform", "popularity", "in-batch"]
"""Where negatives come from, by name."""

ROUNDS = 32
"""Draws of a negative, refused because the user has the item, after which it is drawn uniformly.

Only samplers with a preference need it: there may be next to nothing left of what they prefer.
"""


class PairSampler:
    """Every training interaction once an epoch, with sampled negatives.

    The protocol of BPR (Rendle et al. 2009) as the GNN codes run it: a random permutation
    of the interactions instead of draws with replacement.

    Args:
        train: Training interactions.
        batch_size: Interactions a batch; the last batch of an epoch may be smaller.
        rng: Draws the order and the negatives; nothing else decides them.
        sampler: `uniform` over all items; `popularity`, in proportion to an item's training
            interactions; `in-batch`, the positive of another pair of the same batch, likewise
            by popularity, but without rows that the batch does not touch anyway.
        n_negatives: Negatives of each interaction, drawn independently.
        needs_negatives: Whether an item that the user has would be wrong; if not, whoever has
            every item gets any of them.

    Raises:
        DataError: Negatives are needed and somebody has interacted with every item, so that none
            exists.
    """

    def __init__(
        self,
        train: Interactions,
        batch_size: int,
        rng: np.random.Generator,
        *,
        sampler: Sampling = "uniform",
        n_negatives: int = 1,
        needs_negatives: bool = True,
    ) -> None:
        self.batch_size = batch_size
        self.rng = rng
        self.sampler = sampler
        self.n_negatives = n_negatives
        self.n_items = train.n_items
        order = np.lexsort((train.items, train.users))
        self._users = train.users[order]
        self._items = train.items[order]
        counts = np.bincount(self._users, minlength=train.n_users)
        indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._known = Membership(indptr, self._items)
        self._has_all = counts >= train.n_items
        sated = np.flatnonzero(self._has_all)
        if sated.size and needs_negatives:
            message = (
                f"{sated.size} users have interacted with all {train.n_items} items, "
                f"`{train.user_ids[sated[0]]}` first: there is no negative to sample for them"
            )
            raise DataError(message, hint="raise --k-core or leave these users out")

    @property
    def n_pairs(self) -> int:
        """Training interactions, each once an epoch."""
        return int(self._users.size)

    @property
    def n_batches(self) -> int:
        """Batches an epoch."""
        return -(-self._users.size // self.batch_size)

    def epoch(self) -> Iterator[PairBatch]:
        """Yield the batches of one epoch.

        Single negatives are drawn in bulk at its start, several ones a batch at a time: those of
        a whole epoch may not fit into memory.
        """
        order = self.rng.permutation(self._users.size)
        users, positives = self._users[order], self._items[order]
        if self.n_negatives == 1:
            negatives = self._negatives(np.arange(users.size), users, positives)
        for start in range(0, users.size, self.batch_size):
            batch = slice(start, start + self.batch_size)
            if self.n_negatives == 1:
                drawn = negatives[batch]
            else:
                rows = np.arange(*batch.indices(users.size)).repeat(self.n_negatives)
                drawn = self._negatives(rows, users, positives).reshape(-1, self.n_negatives)
            parts = [torch.from_numpy(array) for array in (users[batch], positives[batch], drawn)]
            yield PairBatch(*parts)

    def _negatives(
        self, rows: NDArray[np.int64], users: NDArray[np.int64], positives: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return one negative for each of these rows of the epoch."""
        negatives = self._candidates(self.sampler, rows, positives)
        taken = np.flatnonzero(self._known.has(users[rows], negatives))
        # Whoever has every item has nothing else to be drawn.
        taken = taken[~self._has_all[users[rows[taken]]]]
        rounds = 0
        while taken.size:
            rounds += 1
            sampler = self.sampler if rounds < ROUNDS else "uniform"
            redrawn = self._candidates(sampler, rows[taken], positives)
            negatives[taken] = redrawn
            taken = taken[self._known.has(users[rows[taken]], redrawn)]
        return negatives

    def _candidates(
        self, sampler: Sampling, rows: NDArray[np.int64], positives: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return an item for each of these rows, whoever has it."""
        if sampler == "uniform":
            return self.rng.integers(0, self.n_items, rows.size)
        if sampler == "popularity":
            # A random interaction's item: no table of probabilities is needed.
            return self._items[self.rng.integers(0, self._items.size, rows.size)]
        first = rows // self.batch_size * self.batch_size
        size = np.minimum(self.batch_size, positives.size - first)
        # By one place or more, round the batch; alone in its batch, a pair meets itself.
        offset = self.rng.integers(1, np.maximum(size, 2))
        return positives[first + (rows - first + offset) % size]
