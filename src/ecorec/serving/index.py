"""What every kind of index answers, and the lists that it answers with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, Int32, Int64
from numpy import ndarray
from torch import Tensor

from ecorec.errors import InputError
from ecorec.evaluation.item_lists import ItemLists

Kind = Literal["exact", "float16", "int8", "approximate", "lists", "sparse"]
"""How an index finds the best items."""

Lists = tuple[Int32[ndarray, "batch k"], Float32[ndarray, "batch k"]]
"""Items, best first, and their scores; item -1 and score -inf where nothing is left."""

VECTOR_KINDS: tuple[Kind, ...] = ("exact", "float16", "int8", "approximate")
"""Kinds for models that score by inner products of vectors."""

AS_IT_SCORES: tuple[Kind, ...] = ("exact", "sparse")
"""Kinds that are what a model scores with; which of them, the model says."""


@runtime_checkable
class Index(Protocol):
    """Finds the best items of users. Each answer is the same whoever else is in the batch."""

    kind: Kind
    n_users: int
    n_items: int

    @property
    def size_bytes(self) -> int:
        """Memory that its arrays take."""
        ...

    def top(self, users: Int64[ndarray, " batch"], k: int, *, exclude_seen: bool = True) -> Lists:
        """Return the k best items of known users.

        Args:
            users: Indices, 0 <= user < n_users.
            k: Length of the lists, at least 1.
            exclude_seen: Leave out what the user has already seen.
        """
        ...

    def fold_in(
        self,
        histories: Sequence[Int64[ndarray, " items"]],
        k: int,
        *,
        exclude_seen: bool = True,
    ) -> Lists:
        """Return the k best items of unknown users.

        Args:
            histories: Items of each user, at least one; order and repetition do not matter.
            k: Length of the lists, at least 1.
            exclude_seen: Leave out the items of the history.

        Raises:
            InputError: This kind cannot serve users who were not in the training data.
        """
        ...

    def similar(self, items: Int64[ndarray, " batch"], k: int) -> Lists:
        """Return the k items that are most like each of these, itself left out.

        Raises:
            InputError: This kind cannot compare items.
        """
        ...

    def arrays(self) -> dict[str, Tensor]:
        """Return what is stored, by name."""
        ...


@dataclass(frozen=True, eq=False)
class Seen:
    """What users have already seen, and how equal scores are ordered."""

    lists: ItemLists
    """Training and validation items of each user."""
    tie_seed: int
    """Seed of the hash that orders equal scores, as in the run's evaluation."""

    @property
    def n_users(self) -> int:
        """Users that are known."""
        return self.lists.indptr.size - 1

    @property
    def size_bytes(self) -> int:
        """Memory of the lists."""
        return self.lists.indptr.nbytes + self.lists.items.nbytes

    def of(self, users: Int64[ndarray, " batch"], *, wanted: bool) -> ItemLists:
        """Return the seen items of each of these users; empty lists unless `wanted`."""
        lists = [self.lists.of(int(user)) for user in users] if wanted else []
        return rows_of(lists) if wanted else nothing_for(users.size)


def rows_of(lists: Sequence[Int32[ndarray, " _"]]) -> ItemLists:
    """Return lists, each ascending and without repetition, as rows of one table."""
    counts = [row.size for row in lists]
    items = np.concatenate(lists) if lists else np.zeros(0, dtype=np.int32)
    return ItemLists(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), items)


def nothing_for(n_rows: int) -> ItemLists:
    """Return empty lists."""
    return ItemLists(np.zeros(n_rows + 1, dtype=np.int64), np.zeros(0, dtype=np.int32))


def as_histories(histories: Sequence[Int64[ndarray, " _"]]) -> list[Int32[ndarray, " _"]]:
    """Return histories ascending and without repetition.

    Raises:
        InputError: One of them is empty.
    """
    if any(history.size == 0 for history in histories):
        message = "a history has no items, and nothing is known of its user"
        raise InputError(message, hint="give at least one item, or take the most popular ones")
    return [np.unique(history).astype(np.int32) for history in histories]


def scores_at(scores: ndarray, lists: Int32[ndarray, "batch k"]) -> Float32[ndarray, "batch k"]:
    """Return the scores of some lists; -inf where there is no item."""
    found = np.take_along_axis(scores, np.maximum(lists, 0).astype(np.int64), axis=1)
    return np.where(lists >= 0, found, -np.inf).astype(np.float32)
