"""A scorer and a split's held-out interactions become metrics, per user and overall."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ecorec.errors import InputError
from ecorec.evaluation import beyond_accuracy
from ecorec.evaluation.item_lists import ItemLists
from ecorec.evaluation.metrics import METRICS, MetricAtK
from ecorec.evaluation.ranking import rank
from ecorec.evaluation.scorer import Scorer


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What is known of the users at evaluation, and what is held out from the model."""

    relevant: ItemLists
    """Held-out items per user."""
    seen: ItemLists
    """Items that are masked per user."""
    popularity: NDArray[np.int64]
    """Shape (items,): training interactions of each item."""
    tie_seed: int
    """Orders equal scores."""
    device: torch.device
    """Where the scorer lives."""
    users_per_call: int | None = None
    """Users that are scored at a time; as many as fit a block, if not given."""

    @property
    def users(self) -> NDArray[np.int64]:
        """Users with at least one held-out item: those who are evaluated."""
        return np.flatnonzero(self.relevant.counts())

    @property
    def n_items(self) -> int:
        """Size of the catalogue."""
        return self.popularity.size

    def lists(self, scorer: Scorer, k: int) -> NDArray[np.int32]:
        """Return the k best unseen items of every evaluated user.

        Raises:
            InputError: K is larger than the catalogue.
        """
        if k > self.n_items:
            message = f"K = {k} is larger than the catalogue of {self.n_items} items"
            raise InputError(message, hint=f"ask for --topk of at most {self.n_items}")
        return rank(
            scorer,
            self.users,
            self.seen,
            self.n_items,
            k,
            self.tie_seed,
            self.device,
            self.users_per_call,
        )

    def hits(self, lists: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return whether the item at each rank is relevant, in the shape of `lists`."""
        # One sorted key per relevant pair; the lists' pairs are looked up among them.
        owners = np.repeat(np.arange(self.relevant.indptr.size - 1), self.relevant.counts())
        keys = owners * self.n_items + self.relevant.items
        wanted = self.users[:, None] * self.n_items + lists
        at = np.searchsorted(keys, wanted)
        return np.asarray((lists >= 0) & (keys[np.minimum(at, keys.size - 1)] == wanted))


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Quality of one model on one split."""

    metrics: dict[str, float]
    """Overall values by name, e.g. `ndcg@10`, `coverage@10`."""
    users: NDArray[np.int64]
    """Shape (evaluated,): user indices."""
    n_relevant: NDArray[np.int64]
    """Shape (evaluated,): held-out items of each user."""
    per_user: dict[str, NDArray[np.float64]]
    """Accuracy metrics of each evaluated user, by name."""


def evaluate_one(scorer: Scorer, held_out: HeldOut, metric: MetricAtK) -> float:
    """Return one metric's mean over users, and compute nothing else."""
    lists = held_out.lists(scorer, metric.k)
    n_relevant = held_out.relevant.counts()[held_out.users]
    return float(metric.per_user(held_out.hits(lists), n_relevant).mean())


def evaluate_accuracy(scorer: Scorer, held_out: HeldOut, ks: Sequence[int]) -> dict[str, float]:
    """Return the mean over users of every accuracy metric, from one ranking at the largest K.

    Empty where nobody has anything held out.
    """
    if not held_out.users.size:
        return {}
    hits = held_out.hits(held_out.lists(scorer, max(ks)))
    n_relevant = held_out.relevant.counts()[held_out.users]
    metrics = [MetricAtK(name, k) for k in ks for name in METRICS]
    return {str(metric): float(metric.per_user(hits, n_relevant).mean()) for metric in metrics}


def evaluate(scorer: Scorer, held_out: HeldOut, ks: Sequence[int]) -> Evaluation:
    """Return every metric at every K, from one ranking at the largest K."""
    lists = held_out.lists(scorer, max(ks))
    hits = held_out.hits(lists)
    users = held_out.users
    n_relevant = held_out.relevant.counts()[users]
    per_user = {
        str(metric): metric.per_user(hits, n_relevant)
        for k in ks
        for metric in (MetricAtK(name, k) for name in METRICS)
    }
    metrics = {name: float(values.mean()) for name, values in per_user.items()}
    head = beyond_accuracy.head_items(held_out.popularity)
    rows = np.repeat(np.arange(users.size), n_relevant)
    for k in ks:
        top, found = lists[:, :k], hits[:, :k]
        items = held_out.relevant.items
        metrics |= {
            f"coverage@{k}": beyond_accuracy.coverage(top, held_out.n_items),
            f"gini@{k}": beyond_accuracy.exposure_gini(top, held_out.n_items),
            f"popularity@{k}": beyond_accuracy.mean_popularity(top, held_out.popularity),
        }
        for name, group in (("recall_head", head), ("recall_tail", ~head)):
            value = beyond_accuracy.recall_within(found, top, rows, items, group)
            if value is not None:
                metrics[f"{name}@{k}"] = value
    return Evaluation(metrics, users, n_relevant, per_user)
