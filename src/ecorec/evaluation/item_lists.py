"""Lists of items, one for each user."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
