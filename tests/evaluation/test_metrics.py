"""Metrics against torchmetrics and against sums written out by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchmetrics.functional.retrieval import (
    retrieval_average_precision,
    retrieval_hit_rate,
    retrieval_normalized_dcg,
    retrieval_precision,
    retrieval_recall,
    retrieval_reciprocal_rank,
)

from ecorec.errors import InputError
from ecorec.evaluation import beyond_accuracy
from ecorec.evaluation.metrics import METRICS, MetricAtK

ORACLES = {
    "precision": retrieval_precision,
    "recall": retrieval_recall,
    "hit": retrieval_hit_rate,
    "mrr": retrieval_reciprocal_rank,
    "ndcg": retrieval_normalized_dcg,
}


@st.composite
def rankings(draw: st.DrawFn) -> tuple[np.ndarray, int]:
    """Relevance by rank of a whole catalogue, with at least one relevant item, and a K."""
    relevance = draw(st.lists(st.booleans(), min_size=2, max_size=30).filter(any))
    return np.array(relevance), draw(st.integers(1, len(relevance)))


@pytest.mark.parametrize("name", ORACLES)
@settings(max_examples=60)
@given(case=rankings())
def test_equal_to_torchmetrics(name: str, case) -> None:
    relevance, k = case
    scores = torch.linspace(2, 1, relevance.size, dtype=torch.float64)
    expected = float(ORACLES[name](scores, torch.from_numpy(relevance), top_k=k))
    found = METRICS[name](relevance[None, :k], np.array([relevance.sum()]))[0]
    # torchmetrics adds up in float32, each sum to 6e-8; one rank more or less changes 1e-3, and
    # the sums below go to 1e-9.
    assert found == pytest.approx(expected, abs=1e-6)


@settings(max_examples=60)
@given(case=rankings())
def test_map_over_the_whole_catalogue_equals_torchmetrics(case) -> None:
    relevance, _ = case
    scores = torch.linspace(2, 1, relevance.size, dtype=torch.float64)
    expected = float(retrieval_average_precision(scores, torch.from_numpy(relevance)))
    found = METRICS["map"](relevance[None], np.array([relevance.sum()]))[0]
    assert found == pytest.approx(expected, abs=2e-7)


@settings(max_examples=80)
@given(case=rankings())
def test_equal_to_sums_written_out(case) -> None:
    relevance, k = case
    n_relevant = int(relevance.sum())
    top = relevance[:k].tolist()
    ranks = [rank for rank, hit in enumerate(top, start=1) if hit]
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(n_relevant, k) + 1))
    expected = {
        "precision": len(ranks) / k,
        "recall": len(ranks) / n_relevant,
        "hit": float(bool(ranks)),
        "mrr": 1 / ranks[0] if ranks else 0.0,
        "ndcg": sum(1 / math.log2(rank + 1) for rank in ranks) / ideal,
        "map": sum((i + 1) / rank for i, rank in enumerate(ranks)) / min(n_relevant, k),
    }
    for name, value in expected.items():
        found = METRICS[name](relevance[None, :k], np.array([n_relevant]))[0]
        assert found == pytest.approx(value, abs=1e-9), name


def test_perfect_list_scores_one_everywhere_but_precision() -> None:
    hits = np.array([[True, True, True, False, False]])
    for name in ("recall", "ndcg", "hit", "mrr", "map"):
        assert METRICS[name](hits, np.array([3]))[0] == 1.0
    assert METRICS["precision"](hits, np.array([3]))[0] == 0.6


def test_one_relevant_item_gives_the_identities_of_leave_one_out() -> None:
    hits = np.eye(10, dtype=bool)
    ones = np.ones(10, dtype=np.int64)
    np.testing.assert_array_equal(METRICS["hit"](hits, ones), METRICS["recall"](hits, ones))
    assert METRICS["precision"](hits, ones).max() <= 1 / 10


@pytest.mark.parametrize(
    ("text", "message"),
    [("ndgc@10", "no metric is called `ndgc`"), ("ndcg", "needs a cut-off"), ("ndcg@0", "cut-off")],
)
def test_unreadable_metric(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        MetricAtK.parse(text)


def test_beyond_accuracy_by_hand() -> None:
    lists = np.array([[0, 1], [0, 2], [0, -1]], dtype=np.int32)
    assert beyond_accuracy.coverage(lists, 6) == 0.5
    one, each = np.full((8, 1), 3, dtype=np.int32), np.arange(4, dtype=np.int32)[:, None]
    assert beyond_accuracy.exposure_gini(each, 4) == 0.0
    assert beyond_accuracy.exposure_gini(one, 4) == pytest.approx(0.75)
    popularity = np.array([10, 4, 2, 1, 1])
    assert beyond_accuracy.mean_popularity(lists, popularity) == pytest.approx((30 + 4 + 2) / 5)
    assert beyond_accuracy.head_items(popularity).tolist() == [True, False, False, False, False]
    hits = np.array([[True, False], [False, True], [False, False]])
    owners, items = np.array([0, 1, 1]), np.array([0, 2, 3], dtype=np.int32)
    head = beyond_accuracy.head_items(popularity)
    assert beyond_accuracy.recall_within(hits, lists, owners, items, head) == 1.0
    assert beyond_accuracy.recall_within(hits, lists, owners, items, ~head) == 0.5
