"""Lists made in advance: the first k items of every user, ready to be looked up.

An answer costs next to nothing but is only as new as the lists, and only what was made in advance
can be asked for. Every user has two lists: one without the items that they have seen, one with
them.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float32, Int32, Int64
from numpy import ndarray
from torch import Tensor

from ecorec.errors import InputError
from ecorec.serving.index import Kind, Lists, Seen


class ListIndex:
    """The best items of every user, as they were when the lists were made.

    Args:
        unseen: Items and scores of each user's list without what they have seen.
        every: The same with it.
        n_items: Size of the catalogue.
        seen: What users have seen.
    """

    kind: Kind = "lists"

    def __init__(
        self,
        unseen: tuple[Int32[ndarray, "users k"], Float32[ndarray, "users k"]],
        every: tuple[Int32[ndarray, "users k"], Float32[ndarray, "users k"]],
        n_items: int,
        seen: Seen,
    ) -> None:
        self.unseen, self.every, self.seen = unseen, every, seen
        self.n_users, self.n_items = unseen[0].shape[0], n_items
        self.longest_k = unseen[0].shape[1]

    @property
    def size_bytes(self) -> int:
        """Memory of both tables of lists."""
        return sum(part.nbytes for part in (*self.unseen, *self.every))

    def arrays(self) -> dict[str, Tensor]:
        """Return both tables of lists, by name."""
        named = zip(("unseen", "unseen_scores"), self.unseen, strict=True)
        more = zip(("every", "every_scores"), self.every, strict=True)
        return {name: torch.from_numpy(part) for name, part in (*named, *more)}

    def top(self, users: Int64[ndarray, " batch"], k: int, *, exclude_seen: bool = True) -> Lists:
        """Look the first k items of known users up.

        Raises:
            InputError: The lists are shorter than that.
        """
        if k > self.longest_k:
            message = f"k = {k} is more than the {self.longest_k} items of the stored lists"
            hint = f"ask for 1 to {self.longest_k}, or make longer ones: ecorec index --k {k}"
            raise InputError(message, hint=hint)
        items, scores = self.unseen if exclude_seen else self.every
        return items[users, :k], scores[users, :k]

    def fold_in(
        self, histories: Sequence[Int64[ndarray, " _"]], k: int, *, exclude_seen: bool = True
    ) -> Lists:
        """Refuse: there is no list of an unknown user."""
        message = "stored lists know nothing of users by their history"
        raise InputError(message, hint="serve an index of another kind, e.g. --kind exact")

    def similar(self, items: Int64[ndarray, " batch"], k: int) -> Lists:
        """Refuse: lists hold no items' neighbours."""
        message = "stored lists know nothing of similar items"
        raise InputError(message, hint="serve an index of another kind, e.g. --kind exact")


def empty_lists(n_users: int, k: int) -> Lists:
    """Return room for lists."""
    return np.empty((n_users, k), dtype=np.int32), np.empty((n_users, k), dtype=np.float32)
