"""Accuracy of ranked lists, per user; a mean over users is the reported value.

All take `hits`, whether the item at each rank is relevant, cut at K, and the number of
relevant items of each user. Järvelin and Kekäläinen (TOIS 2002) for NDCG; the others as in
Manning, Raghavan, Schütze, *Introduction to Information Retrieval*, chapter 8.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64
from numpy import ndarray

from ecorec.errors import InputError, unknown_name

Hits = Bool[ndarray, "users k"]
Counts = Int64[ndarray, " users"]
PerUser = Float64[ndarray, " users"]


def precision(hits: Hits, n_relevant: Counts) -> PerUser:
    """Return hits / K."""
    return np.asarray(hits.sum(axis=1) / hits.shape[1])


def recall(hits: Hits, n_relevant: Counts) -> PerUser:
    """Return hits / relevant items."""
    return np.asarray(hits.sum(axis=1) / n_relevant)


def hit(hits: Hits, n_relevant: Counts) -> PerUser:
    """Return 1 if there is any hit, else 0."""
    return np.asarray(hits.any(axis=1), dtype=np.float64)


def mrr(hits: Hits, n_relevant: Counts) -> PerUser:
    """Return 1 / rank of the first hit, 0 without one."""
    first = hits.argmax(axis=1)
    return np.where(hits.any(axis=1), 1.0 / (first + 1), 0.0)


def ndcg(hits: Hits, n_relevant: Counts) -> PerUser:
    """Return the discounted gain of the hits over that of an ideal list; binary gains."""
    discounts = 1.0 / np.log2(np.arange(hits.shape[1]) + 2)
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])
    return np.asarray((hits @ discounts) / ideal[np.minimum(n_relevant, hits.shape[1])])


def average_precision(hits: Hits, n_relevant: Counts) -> PerUser:
    """Return the sum of the precisions at each hit over min(relevant items, K).

    The denominator is the largest number of hits that a list of K can hold, so that a
    perfect list scores 1 whatever K is.
    """
    precisions = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    total = (precisions * hits).sum(axis=1)
    return np.asarray(total / np.minimum(n_relevant, hits.shape[1]))


METRICS: dict[str, Callable[[Hits, Counts], PerUser]] = {
    "precision": precision,
    "recall": recall,
    "ndcg": ndcg,
    "hit": hit,
    "mrr": mrr,
    "map": average_precision,
}
"""Name in records and on the command line -> function."""


@dataclass(frozen=True)
class MetricAtK:
    """A metric and its cut-off, written `ndcg@10`."""

    name: str
    k: int

    @classmethod
    def parse(cls, text: str) -> "MetricAtK":
        """Read `ndcg@10`.

        Raises:
            InputError: The name is not a metric, or the cut-off is not a positive integer.
        """
        name, _, k = text.lower().partition("@")
        if name not in METRICS:
            raise unknown_name("metric", name, METRICS, f"there are {', '.join(METRICS)}; in all:")
        if not k.isdigit() or int(k) < 1:
            message = f"metric `{text}` needs a cut-off of 1 or more after the name"
            raise InputError(message, hint=f"write it as `{name}@10`")
        return cls(name, int(k))

    def __str__(self) -> str:
        return f"{self.name}@{self.k}"

    def per_user(self, hits: Hits, n_relevant: Counts) -> PerUser:
        """Return the metric of each user from hits of K or more ranks."""
        return METRICS[self.name](hits[:, : self.k], n_relevant)
