"""Whether a user has an item, asked of millions of pairs an epoch.

A search in a user's sorted items is a handful of branches that no processor foresees. Nearly all
that is asked is answered no, which a filter in front of it says without a search (Bloom, CACM 1970,
with one hash): each user has `BITS` bits for every item, those of its items are set, and only where
a bit is set is there a search.
"""

from typing import Any, no_type_check

import numba
import numpy as np
from jaxtyping import Bool, Int64
from numpy import ndarray

BITS = 16
"""A user's bits for each of its items: an item that it has not finds one of them set in 16."""

_MIX = np.uint64(0x9E3779B1)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_BYTE = np.uint64(3)
_IN_BYTE = np.uint64(7)


class Membership:
    """The items of every user.

    Args:
        indptr: Shape (users + 1,): where each user's items begin.
        items: Those of all users, each user's in ascending order.
    """

    def __init__(self, indptr: Int64[ndarray, " bounds"], items: Int64[ndarray, " all"]) -> None:
        self._indptr = indptr
        self._items = items
        self._filter = np.zeros(items.size * BITS // 8, dtype=np.uint8)
        _set_bits(indptr, items, self._filter)

    def has(
        self, users: Int64[ndarray, " pairs"], items: Int64[ndarray, " pairs"]
    ) -> Bool[ndarray, " pairs"]:
        """Return whether each of these users has the item beside it."""
        found = np.empty(users.size, dtype=np.bool_)
        _find(self._indptr, self._items, self._filter, users, items, found)
        return found


@no_type_check
@numba.njit(inline="always")
def _bit_of(first: Any, n_items: Any, item: Any) -> Any:
    """Return the bit of an item among those of a user."""
    mixed = (np.uint64(item) * _MIX) & _LOW
    return np.uint64(first * BITS) + ((mixed * np.uint64(n_items * BITS)) >> _HALF)


@no_type_check
@numba.njit(nogil=True, cache=True)
def _set_bits(indptr: Any, items: Any, bits: Any) -> None:
    for user in range(indptr.size - 1):
        first, end = indptr[user], indptr[user + 1]
        for at in range(first, end):
            bit = _bit_of(first, end - first, items[at])
            bits[bit >> _BYTE] |= np.uint8(1) << np.uint8(bit & _IN_BYTE)


@no_type_check
@numba.njit(nogil=True, cache=True)
def _find(indptr: Any, items: Any, bits: Any, users: Any, wanted: Any, found: Any) -> None:
    for pair in range(users.size):
        first, end = indptr[users[pair]], indptr[users[pair] + 1]
        item = wanted[pair]
        found[pair] = False
        if first == end:
            continue
        bit = _bit_of(first, end - first, item)
        if not (bits[bit >> _BYTE] >> np.uint8(bit & _IN_BYTE)) & np.uint8(1):
            continue
        low, high = first, end
        while low < high:
            middle = (low + high) // 2
            if items[middle] < item:
                low = middle + 1
            else:
                high = middle
        found[pair] = low < end and items[low] == item
