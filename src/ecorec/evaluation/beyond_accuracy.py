"""What accuracy does not show: who gets recommended at all, and to whom it helps."""

import numpy as np
from jaxtyping import Bool, Int32, Int64
from numpy import ndarray
from numpy.typing import NDArray

from ecorec.data.statistics import gini

HEAD_SHARE = 0.2
"""Share of the items, most popular first, that counts as the head."""


def coverage(lists: Int32[ndarray, "users k"], n_items: int) -> float:
    """Return the share of the catalogue that appears in somebody's list."""
    return float(np.unique(lists[lists >= 0]).size / n_items)


def exposure_gini(lists: Int32[ndarray, "users k"], n_items: int) -> float:
    """Return the Gini index of how often each item is listed: 0 equal, towards 1 one item only."""
    return gini(np.bincount(lists[lists >= 0], minlength=n_items))


def mean_popularity(
    lists: Int32[ndarray, "users k"], popularity: Int64[ndarray, " items"]
) -> float:
    """Return the mean number of training interactions of a listed item."""
    return float(popularity[lists[lists >= 0]].mean())


def head_items(popularity: Int64[ndarray, " items"]) -> Bool[ndarray, " items"]:
    """Return which items are among the `HEAD_SHARE` most popular; ties go to the lower index."""
    head = np.zeros(popularity.size, dtype=bool)
    n_head = max(1, round(HEAD_SHARE * popularity.size))
    head[np.argsort(-popularity, kind="stable")[:n_head]] = True
    return head


def recall_within(
    hits: Bool[ndarray, "users k"],
    lists: Int32[ndarray, "users k"],
    relevant_users: NDArray[np.int64],
    relevant_items: NDArray[np.int32],
    group: Bool[ndarray, " items"],
) -> float | None:
    """Return recall on the relevant items of one group, over the users who have any.

    `None` where nobody has any.

    Args:
        hits: Whether the item at each rank is relevant.
        lists: The ranked items.
        relevant_users: Shape (relevant,): row of each relevant pair.
        relevant_items: Shape (relevant,): item of each relevant pair.
        group: Which items belong to the group.
    """
    n_relevant = np.bincount(relevant_users[group[relevant_items]], minlength=hits.shape[0])
    found = (hits & group[np.maximum(lists, 0)]).sum(axis=1)
    concerned = n_relevant > 0
    if not concerned.any():
        return None
    return float((found[concerned] / n_relevant[concerned]).mean())
