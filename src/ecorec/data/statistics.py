"""What a data set looks like in numbers: the paper's Table 1, and more."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64
from numpy import ndarray

from ecorec.data.dates import span
from ecorec.data.interactions import Interactions


@dataclass(frozen=True)
class Statistics:
    """Counts and shape of a data set."""

    n_users: int
    n_items: int
    n_interactions: int
    density: float
    """Share of the user x item matrix that is filled, 0 to 1."""
    sparsity: float
    """One minus the density."""
    per_user: tuple[int, float, int]
    """Interactions of a user: minimum, median, maximum."""
    per_item: tuple[int, float, int]
    """Interactions of an item: minimum, median, maximum."""
    item_gini: float
    """Gini index of the items' popularity: 0 all alike, towards 1 a few have everything."""
    first_date: str | None
    last_date: str | None


def statistics(interactions: Interactions) -> Statistics:
    """Return the statistics of some interactions; unused vocabulary counts."""
    density = len(interactions) / (interactions.n_users * interactions.n_items)

    def spread(index: np.ndarray, n: int) -> tuple[int, float, int]:
        counts = np.bincount(index, minlength=n)
        return int(counts.min()), float(np.median(counts)), int(counts.max())

    dates = span(interactions) or (None, None)
    return Statistics(
        n_users=interactions.n_users,
        n_items=interactions.n_items,
        n_interactions=len(interactions),
        density=density,
        sparsity=1 - density,
        per_user=spread(interactions.users, interactions.n_users),
        per_item=spread(interactions.items, interactions.n_items),
        item_gini=gini(np.bincount(interactions.items, minlength=interactions.n_items)),
        first_date=dates[0],
        last_date=dates[1],
    )


def gini(counts: Int64[ndarray, " n"]) -> float:
    """Return the Gini index of non-negative counts: 0 all alike, towards 1 one has everything.

    0 as well where there is nothing to share.
    """
    total = counts.sum()
    if total == 0:
        return 0.0
    n = counts.size
    return float((2 * np.arange(1, n + 1) - n - 1) @ np.sort(counts) / (n * total))
