"""Exact search in vectors: every item is scored, and the best are selected as in evaluation.

For one user and a large catalogue there is a faster way to the same list. One matrix-vector
product, which reads the table once at the speed of memory, gives scores up to rounding. Only the
items whose score, within rounding, may reach the k-th are scored again as a block would score them.
The bound is that of Higham (*Accuracy and Stability of Numerical Algorithms*, 2002, section 3.1)
for an inner product of any order of summation: |error| <= n u / (1 - n u) |x| |y|.
"""

from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from jaxtyping import Float, Int32, Int64
from numpy import ndarray
from torch import Tensor

from ecorec.evaluation.item_lists import ItemLists
from ecorec.evaluation.ranking import SCORES_PER_BLOCK, select_best
from ecorec.evaluation.top_k import tie_numbers
from ecorec.models.served import FoldInRule
from ecorec.serving.fold_in import folded_in
from ecorec.serving.index import Kind, Lists, Seen, as_histories, nothing_for, rows_of, scores_at
from ecorec.serving.products import ROWS, products, products_with, quick_products
from ecorec.serving.tables import Table

LARGE = 2**19
"""From this many numbers in the item table on, the faster way is taken: 8,192 items of size 64.

On one core (AMD EPYC) it takes 0.22 ms instead of 0.18 with 3,706 items, 0.35 instead of 0.59
with 20,000, 1.3 instead of 5.3 with 100,000.
"""

FEW = 3
"""From this many users on, they are scored as a block; fewer take the faster way one by one."""

MANY_CANDIDATES = 4096
"""With more items than this within rounding of the k-th (all scores equal, say), a block is
used."""


class VectorIndex:
    """Vectors of users and items, at one of three precisions.

    Args:
        kind: `exact`, `float16` or `int8`; says how the tables are stored.
        users: A vector for each user.
        items: A vector for each item.
        seen: What users have seen.
        fold_in_rule: How unknown users get a vector.
    """

    def __init__(
        self, kind: Kind, users: Table, items: Table, seen: Seen, fold_in_rule: FoldInRule
    ) -> None:
        self.kind, self.fold_in_rule = kind, fold_in_rule
        self.users, self.items, self.seen = users, items, seen
        self.n_users, self.n_items = users.n_rows, items.n_rows
        norms = [part.norm(dim=1) for part in self._tiles()]
        self._norms = torch.cat(norms) if norms else torch.zeros(0)
        self._longest = float(self._norms.max()) if self.n_items else 0.0

    def _tiles(self) -> list[Float[Tensor, "tile size"]]:
        step = 2**16
        return [
            self.items.tile(start, min(start + step, self.n_items))
            for start in range(0, self.n_items, step)
        ]

    @property
    def size_bytes(self) -> int:
        """Memory of both tables and of what users have seen."""
        return self.users.size_bytes + self.items.size_bytes + self.seen.size_bytes

    def arrays(self) -> dict[str, Tensor]:
        """Return both tables, by name."""
        return {**self.users.arrays("users"), **self.items.arrays("items")}

    def top(self, users: Int64[ndarray, " batch"], k: int, *, exclude_seen: bool = True) -> Lists:
        """Return the k best items of known users."""
        vectors = self.users.rows(torch.from_numpy(users))
        return self.best(vectors, users, self.seen.of(users, wanted=exclude_seen), k)

    def fold_in(
        self, histories: Sequence[Int64[ndarray, " _"]], k: int, *, exclude_seen: bool = True
    ) -> Lists:
        """Return the k best items of unknown users."""
        unique = as_histories(histories)
        vectors = self.vectors_of(unique)
        left_out = rows_of(unique) if exclude_seen else nothing_for(len(unique))
        # A number that no user has, so that ties are broken alike whoever else is in the batch.
        numbers = np.full(len(unique), self.n_users, dtype=np.int64)
        return self.best(vectors, numbers, left_out, k)

    def vectors_of(self, histories: list[Int32[ndarray, " _"]]) -> Float[Tensor, "batch size"]:
        """Return a vector for each history, which is ascending and without repetition."""
        rows = [folded_in(self.items, history, self.fold_in_rule) for history in histories]
        return torch.stack(rows) if rows else torch.zeros(0, self.items.size)

    def similar(self, items: Int64[ndarray, " batch"], k: int) -> Lists:
        """Return the k items of largest cosine with each of these."""
        chosen = torch.from_numpy(items)
        safe = torch.where(self._norms > 0, self._norms, 1.0)
        found = products(self.items.rows(chosen), self.items)
        cosines = (found / safe / safe[chosen, None]).numpy()
        itself = rows_of([items[at : at + 1].astype(np.int32) for at in range(items.size)])
        numbers = np.full(items.size, self.n_users, dtype=np.int64)
        lists = select_best(cosines, numbers, itself, k, self.seen.tie_seed)
        return lists, scores_at(cosines, lists)

    def best(
        self,
        vectors: Float[Tensor, "batch size"],
        numbers: Int64[ndarray, " batch"],
        left_out: ItemLists,
        k: int,
    ) -> Lists:
        """Return the k items of largest inner product with each vector.

        Args:
            vectors: Of users, known or not.
            numbers: Users' indices, by which ties are ordered.
            left_out: Items of each that are not recommended.
            k: Length of the lists.
        """
        lists = np.full((numbers.size, k), -1, dtype=np.int32)
        scores = np.full((numbers.size, k), -np.inf, dtype=np.float32)
        step = ROWS * max(1, SCORES_PER_BLOCK // max(1, ROWS * self.n_items))
        if numbers.size < FEW and self.n_items * self.items.size >= LARGE:
            step = 1
        for start in range(0, numbers.size, step):
            rows = slice(start, start + step)
            part = vectors[rows]
            own = ItemLists(left_out.indptr[start : start + part.shape[0] + 1], left_out.items)
            found = None
            if step == 1:
                found = self._one(part[0], int(numbers[start]), own.of(0), k)
            lists[rows], scores[rows] = found or self._block(part, numbers[rows], own, k)
        return lists, scores

    def _block(
        self,
        vectors: Float[Tensor, "batch size"],
        numbers: Int64[ndarray, " batch"],
        left_out: ItemLists,
        k: int,
    ) -> Lists:
        found = products(vectors, self.items).numpy()
        lists = select_best(found, numbers, left_out, k, self.seen.tie_seed)
        return lists, scores_at(found, lists)

    def _one(
        self, vector: Float[Tensor, " size"], number: int, left_out: ndarray, k: int
    ) -> Lists | None:
        rough = quick_products(vector, self.items).numpy()
        first = select_best(
            rough[None], np.array([number]), rows_of([left_out]), k, self.seen.tie_seed
        )
        if first[0, -1] < 0:
            return None
        threshold = rough[first[0, -1]] - 2 * self._rounding(vector)
        candidates = np.setdiff1d(np.flatnonzero(rough >= threshold), left_out)
        if candidates.size > MANY_CANDIDATES:
            return None
        return self.best_of(vector, number, candidates, k)

    def best_of(
        self, vector: Float[Tensor, " size"], number: int, candidates: Int64[ndarray, " n"], k: int
    ) -> Lists:
        """Return the k best of some items for one vector; as few as there are."""
        rows = self.items.rows(torch.from_numpy(candidates))
        found = products_with(vector, rows).numpy()
        ties = cast("ndarray", tie_numbers(self.seen.tie_seed, number, candidates))
        order = np.lexsort((~ties, -found))[:k]
        lists = np.full((1, k), -1, dtype=np.int32)
        scores = np.full((1, k), -np.inf, dtype=np.float32)
        lists[0, : order.size] = candidates[order]
        scores[0, : order.size] = found[order]
        return lists, scores

    def _rounding(self, vector: Float[Tensor, " size"]) -> float:
        """Return how far two sums of the same products may differ by the order of summation."""
        unit = torch.finfo(self.items.dtype).eps / 2
        terms = (self.items.size + 2) * unit
        return 2 * terms / (1 - terms) * float(vector.norm()) * self._longest
