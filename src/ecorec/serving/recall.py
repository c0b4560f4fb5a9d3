"""How much of the exact lists an index finds."""

import numpy as np
from jaxtyping import Int32
from numpy import ndarray

from ecorec.serving.index import Index
from ecorec.serving.manifest import RecallAtK


def recall_at(found: Int32[ndarray, "users k"], exact: Int32[ndarray, "users k"]) -> float:
    """Return the mean share of each user's exact items that were found; -1 means no item.

    A user to whom nothing can be recommended is left out of the mean.
    """
    shares = []
    for row, wanted in zip(found, exact, strict=True):
        items = wanted[wanted >= 0]
        if items.size:
            shares.append(np.isin(items, row).mean())
    return float(np.mean(shares)) if shares else 1.0


def measure_recall(index: Index, exact: Int32[ndarray, "users k"], users: ndarray) -> RecallAtK:
    """Return the recall of an index against exact lists of some users."""
    k = exact.shape[1]
    found, _ = index.top(users, k)
    return RecallAtK(k=k, recall=recall_at(found, exact), n_users=users.size)
