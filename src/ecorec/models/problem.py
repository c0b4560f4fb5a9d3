"""How large a problem is: what a model's cost depends on beside its own settings."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import gammaln

from ecorec.data.batch import PairBatch
from ecorec.data.interactions import Interactions

Count = int | float
"""A number of things; what is expected of random batches is not whole."""


@dataclass(frozen=True)
class Batch:
    """One step's pairs; models that contrast rows pay for the distinct ones."""

    n_pairs: int
    n_users: Count
    """Distinct users; their expectation, unless the batch is at hand."""
    n_positives: Count
    """Distinct positive items, likewise."""
    n_items: Count
    """Distinct items, positive or negative, likewise."""
    n_negatives: int = 1
    """Negatives of each pair."""

    @classmethod
    def of(cls, batch: PairBatch) -> "Batch":
        """Count a batch that is at hand."""
        items = torch.cat([batch.positives, batch.flat.negatives])
        n_pairs = batch.users.numel()
        return cls(
            n_pairs=n_pairs,
            n_users=batch.users.unique().numel(),
            n_positives=batch.positives.unique().numel(),
            n_items=items.unique().numel(),
            n_negatives=batch.negatives.numel() // n_pairs,
        )


@dataclass(frozen=True)
class Problem:
    """Sizes of the training interactions and of an epoch's batches."""

    n_users: int
    n_items: int
    n_interactions: int
    squared_degrees: Count
    """Sum over users of their squared number of training interactions."""
    squared_item_degrees: Count
    """The same over items."""
    batches: tuple[tuple[int, Batch], ...] = ()
    """How many of each an epoch has; none for what is fitted in closed form."""
    element_bytes: int = 4
    """Of one number: 4 in float32, 8 in float64."""

    @property
    def n_nodes(self) -> int:
        """Users and items together."""
        return self.n_users + self.n_items

    @property
    def n_edges(self) -> int:
        """Entries of the adjacency: each interaction in both directions."""
        return 2 * self.n_interactions

    @classmethod
    def of(
        cls,
        train: Interactions,
        batch_size: int | None = None,
        element_bytes: int = 4,
        n_negatives: int = 1,
    ) -> "Problem":
        """Return the size of some training interactions, with batches as they are to be expected.

        Args:
            train: Distinct interactions.
            batch_size: Interactions a step; `None` where there are no steps.
            element_bytes: Of one number.
            n_negatives: Of each pair.
        """
        by_user = np.bincount(train.users, minlength=train.n_users)
        by_item = np.bincount(train.items, minlength=train.n_items)
        # A pair's negative is uniform over what its user has not chosen.
        weights = by_user / np.maximum(train.n_items - by_user, 1)
        refused = np.bincount(train.items, weights[train.users], minlength=train.n_items)
        as_negative = (weights.sum() - refused) / max(1, len(train))
        return cls(
            n_users=train.n_users,
            n_items=train.n_items,
            n_interactions=len(train),
            squared_degrees=float(np.square(by_user, dtype=np.float64).sum()),
            squared_item_degrees=float(np.square(by_item, dtype=np.float64).sum()),
            batches=_batches(len(train), batch_size, by_user, by_item, as_negative, n_negatives),
            element_bytes=element_bytes,
        )

    @classmethod
    def even(
        cls,
        n_users: int,
        n_items: int,
        n_interactions: int,
        batch_size: int | None = None,
        n_negatives: int = 1,
    ) -> "Problem":
        """Return a problem in which all users, and all items, have equally many interactions."""
        by_user = np.full(n_users, n_interactions / n_users)
        by_item = np.full(n_items, n_interactions / n_items)
        as_negative = np.full(n_items, 1 / n_items)
        return cls(
            n_users=n_users,
            n_items=n_items,
            n_interactions=n_interactions,
            squared_degrees=n_interactions**2 / n_users,
            squared_item_degrees=n_interactions**2 / n_items,
            batches=_batches(
                n_interactions, batch_size, by_user, by_item, as_negative, n_negatives
            ),
        )


def _batches(
    n_interactions: int,
    batch_size: int | None,
    by_user: NDArray[np.number],
    by_item: NDArray[np.number],
    as_negative: NDArray[np.floating],
    n_negatives: int,
) -> tuple[tuple[int, Batch], ...]:
    if batch_size is None:
        return ()
    n_full, rest = divmod(n_interactions, batch_size)

    def expected(n_pairs: int) -> Batch:
        no_positive = _all_missed(by_item, n_interactions, n_pairs)
        no_negative = (1 - as_negative) ** (n_pairs * n_negatives)
        return Batch(
            n_pairs=n_pairs,
            n_users=float((1 - _all_missed(by_user, n_interactions, n_pairs)).sum()),
            n_positives=float((1 - no_positive).sum()),
            n_items=float((1 - no_positive * no_negative).sum()),
            n_negatives=n_negatives,
        )

    counts = ((n_full, batch_size), (1, rest))
    return tuple((count, expected(size)) for count, size in counts if count and size)


def _all_missed(degrees: NDArray[np.number], n: int, drawn: int) -> NDArray[np.floating]:
    """Return the probability that a draw without replacement meets none of a node's edges.

    Hypergeometric: C(n - degree, drawn) / C(n, drawn); zero where too few others are left.
    """
    left = n - np.asarray(degrees, dtype=np.float64)
    enough = left >= drawn
    logarithm = (
        gammaln(left + 1)
        - gammaln(np.where(enough, left - drawn, 0) + 1)
        - gammaln(n + 1)
        + gammaln(n - drawn + 1)
    )
    return np.where(enough, np.exp(logarithm), 0.0)
