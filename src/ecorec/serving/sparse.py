"""Item-item models, served from their matrix: the rows of a user's items are added up.

Such a model knows nothing of a user but their history, so that an unknown user gets exactly the
list of a known one with the same items. User-neighbourhood models are served as well, from stored
neighbours, but only to users who have some. Rows are summed in the same order as in the model.
"""

from collections.abc import Sequence
from typing import Any, no_type_check

import numba
import numpy as np
import torch
from jaxtyping import Float, Int32, Int64
from numpy import ndarray
from scipy import sparse
from torch import Tensor

from ecorec.errors import InputError
from ecorec.evaluation.item_lists import ItemLists
from ecorec.evaluation.ranking import SCORES_PER_BLOCK, select_best
from ecorec.models.served import SparseProduct
from ecorec.serving.index import Kind, Lists, Seen, as_histories, nothing_for, rows_of, scores_at


class SparseIndex:
    """Computes the product of two sparse matrices, row by row.

    Args:
        product: Histories and weights between items, or neighbours and their histories.
        seen: What users have seen.
    """

    kind: Kind = "sparse"

    def __init__(self, product: SparseProduct, seen: Seen) -> None:
        self.product, self.seen = product, seen
        self._columns = product.left.indices.astype(np.int32)
        self._values = product.left.data.astype(product.right.dtype)
        self.n_users, self.n_items = product.left.shape[0], product.right.shape[1]

    @property
    def size_bytes(self) -> int:
        """Memory of both matrices and of what users have seen."""
        arrays = self.arrays().values()
        return sum(part.numel() * part.element_size() for part in arrays) + self.seen.size_bytes

    def arrays(self) -> dict[str, Tensor]:
        """Return both matrices, by name; the second one dense or by rows."""
        left, right = self.product.left, self.product.right
        found = {
            "left_indptr": left.indptr,
            "left_indices": self._columns,
            "left_values": self._values,
        }
        if isinstance(right, ndarray):
            found |= {"right": np.ascontiguousarray(right)}
        else:
            found |= {
                "right_indptr": right.indptr,
                "right_indices": right.indices,
                "right_values": right.data,
            }
        return {name: torch.from_numpy(part) for name, part in found.items()}

    @classmethod
    def from_arrays(
        cls, arrays: dict[str, Tensor], n_items: int, seen: Seen, *, of_histories: bool
    ) -> "SparseIndex":
        """Return the index whose arrays were stored."""
        found = {name: tensor.numpy() for name, tensor in arrays.items()}
        indptr, n_left = found["left_indptr"], n_items if of_histories else seen.n_users
        parts = (found["left_values"], found["left_indices"], indptr)
        left = sparse.csr_array(parts, shape=(indptr.size - 1, n_left))
        right: Any = found.get("right")
        if right is None:
            parts = (found["right_values"], found["right_indices"], found["right_indptr"])
            right = sparse.csr_array(parts, shape=(n_left, n_items))
        return cls(SparseProduct(left, right, of_histories), seen)

    def top(self, users: Int64[ndarray, " batch"], k: int, *, exclude_seen: bool = True) -> Lists:
        """Return the k best items of known users."""
        left = self.product.left
        rows = [slice(left.indptr[user], left.indptr[user + 1]) for user in users]
        entries = [(self._columns[row], self._values[row]) for row in rows]
        return self._best(entries, users, self.seen.of(users, wanted=exclude_seen), k)

    def fold_in(
        self, histories: Sequence[Int64[ndarray, " _"]], k: int, *, exclude_seen: bool = True
    ) -> Lists:
        """Return the k best items of unknown users, exactly as if the model had known them."""
        self._refuse_neighbours("users by their history")
        unique = as_histories(histories)
        one = self._values.dtype.type(1)
        entries = [(history, np.full(history.size, one)) for history in unique]
        left_out = rows_of(unique) if exclude_seen else nothing_for(len(unique))
        numbers = np.full(len(unique), self.n_users, dtype=np.int64)
        return self._best(entries, numbers, left_out, k)

    def similar(self, items: Int64[ndarray, " batch"], k: int) -> Lists:
        """Return the k items of largest weight from each of these."""
        self._refuse_neighbours("similar items")
        one = np.ones(1, dtype=self._values.dtype)
        itself = [items[at : at + 1].astype(np.int32) for at in range(items.size)]
        numbers = np.full(items.size, self.n_users, dtype=np.int64)
        return self._best([(item, one) for item in itself], numbers, rows_of(itself), k)

    def _refuse_neighbours(self, what: str) -> None:
        if not self.product.of_histories:
            message = f"a model of neighbouring users knows nothing of {what}"
            raise InputError(message, hint="serve an item-item model, e.g. itemknn")

    def _best(
        self,
        entries: list[tuple[Int32[ndarray, " _"], Float[ndarray, " _"]]],
        numbers: Int64[ndarray, " batch"],
        left_out: ItemLists,
        k: int,
    ) -> Lists:
        lists = np.empty((numbers.size, k), dtype=np.int32)
        scores = np.empty((numbers.size, k), dtype=np.float32)
        step = max(1, SCORES_PER_BLOCK // max(1, self.n_items))
        for start in range(0, numbers.size, step):
            rows = slice(start, start + step)
            part = entries[rows]
            found = np.zeros((len(part), self.n_items), dtype=self._values.dtype)
            for at, (columns, values) in enumerate(part):
                self._add(columns, values, found[at])
            own = ItemLists(left_out.indptr[start : start + len(part) + 1], left_out.items)
            lists[rows] = select_best(found, numbers[rows], own, k, self.seen.tie_seed)
            scores[rows] = scores_at(found, lists[rows])
        return lists, scores

    def _add(
        self, columns: Int32[ndarray, " n"], values: Float[ndarray, " n"], out: ndarray
    ) -> None:
        right = self.product.right
        if isinstance(right, ndarray):
            _add_dense(columns, values, right, out)
        else:
            _add_sparse(columns, values, right.indptr, right.indices, right.data, out)


@no_type_check
@numba.njit(nogil=True, cache=True)
def _add_dense(columns: Any, values: Any, right: Any, out: Any) -> None:
    for at in range(columns.size):
        row = right[columns[at]]
        for column in range(out.size):
            out[column] += values[at] * row[column]


@no_type_check
@numba.njit(nogil=True, cache=True)
def _add_sparse(
    columns: Any, values: Any, indptr: Any, indices: Any, weights: Any, out: Any
) -> None:
    for at in range(columns.size):
        for edge in range(indptr[columns[at]], indptr[columns[at] + 1]):
            out[indices[edge]] += values[at] * weights[edge]
