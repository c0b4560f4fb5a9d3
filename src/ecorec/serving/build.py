"""An index of a kind, from what a trained model scores with."""

import numpy as np
import torch

from ecorec.errors import InputError
from ecorec.evaluation.item_lists import ItemLists
from ecorec.evaluation.ranking import rank
from ecorec.evaluation.scorer import Scorer
from ecorec.models.served import SparseProduct, Vectors
from ecorec.serving.approximate import ApproximateIndex
from ecorec.serving.exact import VectorIndex
from ecorec.serving.index import VECTOR_KINDS, Index, Kind, Seen
from ecorec.serving.lists import ListIndex
from ecorec.serving.sparse import SparseIndex
from ecorec.serving.tables import Precision, Table

LIST_LENGTH = 100
"""Items of a stored list, if not told otherwise."""

USERS_PER_BLOCK = 1024
"""Lists that are made at a time."""


def natural_kind(parts: Vectors | SparseProduct | None) -> Kind:
    """Return the kind that serves a model as it is, nothing approximated or made in advance."""
    if isinstance(parts, Vectors):
        return "exact"
    return "sparse" if parts is not None else "lists"


def build_index(
    kind: Kind,
    model: str,
    parts: Vectors | SparseProduct | None,
    scorer: Scorer,
    seen: Seen,
    n_items: int,
    list_length: int = LIST_LENGTH,
) -> Index:
    """Return an index of a trained model.

    Args:
        kind: How it finds the best items.
        model: The model's name, for messages.
        parts: What scores; `None` if that is neither vectors nor one sparse product.
        scorer: The model, which `lists` asks once for everybody.
        seen: What users have seen.
        n_items: Size of the catalogue.
        list_length: Of `lists`.

    Raises:
        InputError: The model cannot be served by this kind.
    """
    if kind == "lists":
        return _lists(scorer, seen, n_items, list_length)
    fits = kind == "sparse" if isinstance(parts, SparseProduct) else kind in VECTOR_KINDS
    if parts is None or not fits:
        has = "weights between items" if isinstance(parts, SparseProduct) else "vectors"
        what = f"scores by {has}" if parts is not None else "scores by more than one product"
        message = f"`{model}` {what}: it has no index of kind `{kind}`"
        raise InputError(message, hint=f"take --kind {natural_kind(parts)}, or --kind lists")
    if isinstance(parts, SparseProduct):
        return SparseIndex(parts, seen)
    precision: Precision = kind if kind == "float16" or kind == "int8" else "exact"
    users, items = (Table.of(part, precision) for part in (parts.users, parts.items))
    index = VectorIndex(precision, users, items, seen, parts.fold_in)
    return ApproximateIndex.build(index) if kind == "approximate" else index


def _lists(scorer: Scorer, seen: Seen, n_items: int, length: int) -> ListIndex:
    if not 1 <= length <= n_items:
        message = f"k = {length} does not fit the catalogue of {n_items} items"
        raise InputError(message, hint=f"ask for 1 to {n_items}")
    n_users, cpu = seen.n_users, torch.device("cpu")
    nothing = ItemLists(np.zeros(n_users + 1, dtype=np.int64), np.zeros(0, dtype=np.int32))
    tables = []
    for left_out in (seen.lists, nothing):
        items = np.empty((n_users, length), dtype=np.int32)
        scores = np.full((n_users, length), -np.inf, dtype=np.float32)
        for start in range(0, n_users, USERS_PER_BLOCK):
            users = np.arange(start, min(start + USERS_PER_BLOCK, n_users))
            rows = slice(start, start + users.size)
            items[rows] = rank(scorer, users, left_out, n_items, length, seen.tie_seed, cpu)
            scores[rows] = _scores(scorer, users, items[rows])
        tables.append((items, scores))
    return ListIndex(tables[0], tables[1], n_items, seen)


def _scores(scorer: Scorer, users: np.ndarray, items: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        found = scorer.scores(torch.from_numpy(users)).cpu().numpy()
    at = np.take_along_axis(found, np.maximum(items, 0).astype(np.int64), axis=1)
    return np.where(items >= 0, at, -np.inf)
