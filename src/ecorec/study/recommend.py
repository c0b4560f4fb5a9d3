"""A stored run brought back to recommend to one user."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ecorec.data.interactions import Interactions
from ecorec.errors import InputError, unknown_name
from ecorec.evaluation.ranking import rank
from ecorec.study.stored import bring_back

SHOWN_HISTORY = 20
"""Items of a user's history that are shown: the latest, where their order is known."""


@dataclass(frozen=True)
class Recommendation:
    """What a model says to one user."""

    model: str
    dataset: str
    history: list[str]
    """Ids of training and validation items; the oldest first, where times are known."""
    n_history: int
    """Items of the whole history, shown or not."""
    by_time: bool
    """Whether times are known, so that the shown items are the latest."""
    items: list[tuple[str, float, bool]]
    """Id, score, and whether the user really chose it (it is in the test set)."""
    titles: dict[str, str]
    """Id -> title, where the data have titles."""


def recommend_to(run: Path, user: str, k: int, data_path: Path | None = None) -> Recommendation:
    """Return the k best unseen items of a user under a stored run.

    Raises:
        StudyError: The folder holds no run.
        InputError: The user is not known, or k does not fit the catalogue.
    """
    stored = bring_back(run, data_path)
    whole, held_out = stored.split.whole, stored.held_out
    if user not in whole.user_ids:
        raise unknown_name("user", user, whole.user_ids.tolist(), "users in all:")
    if not 1 <= k <= whole.n_items:
        message = f"k = {k} does not fit the catalogue of {whole.n_items} items"
        raise InputError(message, hint=f"ask for 1 to {whole.n_items}")
    index = int(np.flatnonzero(whole.user_ids == user)[0])
    chosen, device = np.array([index]), stored.graph.device
    scorer, seen = stored.scorer, held_out.seen
    top = rank(scorer, chosen, seen, whole.n_items, k, held_out.tie_seed, device)[0]
    with torch.no_grad():
        scores = scorer.scores(torch.from_numpy(chosen))[0]
    history = _history(whole, index, seen.of(index))
    tested = set(held_out.relevant.of(index).tolist())
    return Recommendation(
        model=stored.record.model,
        dataset=stored.settings.dataset,
        history=[str(whole.item_ids[item]) for item in history[-SHOWN_HISTORY:]],
        n_history=history.size,
        by_time=whole.has_order,
        items=[
            (str(whole.item_ids[item]), float(scores[item]), item in tested)
            for item in top.tolist()
            if item >= 0
        ],
        titles=dict(stored.dataset.titles or {}),
    )


def _history(whole: Interactions, user: int, seen: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return a user's seen items, the oldest first where the data say when it was."""
    rows = np.flatnonzero(whole.users == user)
    rows = rows[np.isin(whole.items[rows], seen)]
    if whole.timestamps is not None:
        rows = rows[np.argsort(whole.timestamps[rows], kind="stable")]
    return whole.items[rows]
