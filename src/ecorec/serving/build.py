"""An index of a kind, from what a trained model scores with."""

import numpy as np
import torch

from ecorec.errors import InputError
from ecorec.evaluation.ranking import score_blocks, select_for_users
from ecorec.evaluation.scorer import Scorer
from ecorec.models.served import SparseProduct, Vectors
from ecorec.serving.approximate import ApproximateIndex
from ecorec.serving.exact import VectorIndex
from ecorec.serving.index import VECTOR_KINDS, Index, Kind, Seen, nothing_for, scores_at
from ecorec.serving.lists import ListIndex, empty_lists
from ecorec.serving.sparse import SparseIndex
from ecorec.serving.tables import Precision, Table

LIST_LENGTH = 100
"""Items of a stored list, unless another length is asked for."""


def natural_kind(parts: Vectors | SparseProduct | None) -> Kind:
    """Return the kind that serves a model exactly, with nothing made in advance."""
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
        parts: The vectors or the sparse product that score; `None` if it is neither.
        scorer: The model; the kind `lists` asks it once for every user.
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
    users, nothing = np.arange(seen.n_users), nothing_for(seen.n_users)
    unseen, every = (empty_lists(seen.n_users, length) for _ in range(2))
    for rows, scores in score_blocks(scorer, users, n_items, torch.device("cpu")):
        for (items, values), left_out in ((unseen, seen.lists), (every, nothing)):
            best = select_for_users(scores, users[rows], left_out, length, seen.tie_seed)
            items[rows], values[rows] = best, scores_at(scores, best)
    return ListIndex(unseen, every, n_items, seen)
