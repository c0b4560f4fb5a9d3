"""Who interacted with what, and when: index arrays plus the ids they stand for."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64, Shaped
from numpy import ndarray


def id_array(ids: Sequence[str]) -> Shaped[ndarray, " ids"]:
    """Return ids as an array of strings that takes memory in proportion to their text.

    `np.str_` would give each the width of the longest, at four bytes a character: one address of
    2,000 characters, and a million items take 8 GB.
    """
    strings = getattr(np.dtypes, "StringDType", None)  # since numpy 2
    return np.array(ids, dtype=object if strings is None else strings())


@dataclass(frozen=True, eq=False)
class Interactions:
    """Implicit, binary interactions of users with items.

    The vocabularies may hold users and items without interactions: parts of a split share
    the vocabularies of the whole.
    """

    users: Int64[ndarray, " n"]
    """Index of each interaction's user in `user_ids`."""
    items: Int64[ndarray, " n"]
    """Index of each interaction's item in `item_ids`."""
    timestamps: Int64[ndarray, " n"] | None
    """Unix seconds; `None` where the source has none."""
    user_ids: Shaped[ndarray, " users"]
    """Outside id of each user."""
    item_ids: Shaped[ndarray, " items"]
    """Outside id of each item."""
    ordered: bool = False
    """Without timestamps: whether each user's rows stand in the order of time."""

    def __len__(self) -> int:
        return self.users.size

    @property
    def n_users(self) -> int:
        """Size of the user vocabulary."""
        return self.user_ids.size

    @property
    def n_items(self) -> int:
        """Size of the item vocabulary."""
        return self.item_ids.size

    @property
    def has_order(self) -> bool:
        """Whether anything says which of a user's interactions came first."""
        return self.timestamps is not None or self.ordered

    def select(self, rows: Int64[ndarray, " rows"] | Bool[ndarray, " n"]) -> "Interactions":
        """Return some of the interactions with the same vocabularies."""
        return Interactions(
            users=self.users[rows],
            items=self.items[rows],
            timestamps=None if self.timestamps is None else self.timestamps[rows],
            user_ids=self.user_ids,
            item_ids=self.item_ids,
            ordered=self.ordered,
        )

    def compacted(self) -> "Interactions":
        """Return the same interactions with vocabularies of only those who take part."""
        taking_part = (
            np.bincount(self.users, minlength=self.n_users),
            np.bincount(self.items, minlength=self.n_items),
        )
        if all(counts.all() for counts in taking_part):
            return self
        kept_users, users = np.unique(self.users, return_inverse=True)
        kept_items, items = np.unique(self.items, return_inverse=True)
        return Interactions(
            users=users.astype(np.int64),
            items=items.astype(np.int64),
            timestamps=self.timestamps,
            user_ids=self.user_ids[kept_users],
            item_ids=self.item_ids[kept_items],
            ordered=self.ordered,
        )

    def fingerprint(self) -> str:
        """Return a hash of ids, interactions, their order and times; equal on every platform."""
        digest = hashlib.sha256()
        for ids in (self.user_ids, self.item_ids):
            digest.update("\x1f".join(ids.tolist()).encode())
            digest.update(b"\x1e")
        for array in (self.users, self.items, self.timestamps):
            if array is not None:
                digest.update(array.astype("<i8").tobytes())
            digest.update(b"\x1e")
        digest.update(b"ordered" if self.ordered else b"")
        return digest.hexdigest()[:16]
