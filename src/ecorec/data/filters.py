"""Filters on interactions: which rows stay."""

import numpy as np
from jaxtyping import Bool, Int64
from numpy import ndarray


def k_core_rows(
    users: Int64[ndarray, " n"], items: Int64[ndarray, " n"], k: int
) -> Bool[ndarray, " n"]:
    """Return which interactions remain when users and items with fewer than k go, repeatedly.

    The result is the unique largest set in which everybody has at least k interactions.
    """
    kept = np.ones(users.size, dtype=bool)
    if not users.size:
        return kept
    n_users, n_items = int(users.max()) + 1, int(items.max()) + 1
    while True:
        user_counts = np.bincount(users[kept], minlength=n_users)
        item_counts = np.bincount(items[kept], minlength=n_items)
        still = kept & (user_counts[users] >= k) & (item_counts[items] >= k)
        if still.sum() == kept.sum():
            return kept
        kept = still


def first_rows(
    users: Int64[ndarray, " n"], items: Int64[ndarray, " n"], times: Int64[ndarray, " n"]
) -> Bool[ndarray, " n"]:
    """Return which rows are the earliest of their (user, item) pair; ties keep file order."""
    order = np.lexsort((np.arange(users.size), times, items, users))
    u, i = users[order], items[order]
    first = np.ones(users.size, dtype=bool)
    first[1:] = (u[1:] != u[:-1]) | (i[1:] != i[:-1])
    kept = np.zeros(users.size, dtype=bool)
    kept[order[first]] = True
    return kept
