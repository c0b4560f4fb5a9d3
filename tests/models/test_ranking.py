"""Ranking losses by hand, and against torch's own."""

from math import exp, log

import pytest
import torch
from torch.nn import functional

from ecorec.data.batch import PairBatch
from ecorec.models import losses, pairs
from ecorec.models.base import batch_rows
from ecorec.models.ranking import RankingConfig, as_scored, ranking_loss, scores

N_USERS, N_ITEMS = 6, 40


def made(n_negatives: int | None, seed: int = 1) -> tuple[torch.Tensor, PairBatch]:
    rng = torch.Generator().manual_seed(seed)
    nodes = torch.randn(N_USERS + N_ITEMS, 5, generator=rng, dtype=torch.float64)
    shape = (9,) if n_negatives is None else (9, n_negatives)
    users = torch.randint(N_USERS, (9,), generator=rng)
    positives = torch.randint(N_ITEMS, (9,), generator=rng)
    negatives = torch.randint(N_ITEMS, shape, generator=rng)
    return nodes.requires_grad_(), PairBatch(users, positives, negatives)


def by_hand() -> tuple[torch.Tensor, PairBatch]:
    """One user along x; cosines 1 and scores 2 (positive), 0.8 and 4, 0 and 0 (negatives)."""
    nodes = torch.tensor([[1.0, 0], [2, 0], [4, 3], [0, 5]], dtype=torch.float64)
    return nodes, PairBatch(torch.tensor([0]), torch.tensor([0]), torch.tensor([[1, 2]]))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"ranking_loss": "bpr"}, (log(1 + exp(2)) + log(1 + exp(-2))) / 2),
        ({"ranking_loss": "bce"}, (log(1 + exp(-2)) + log(1 + exp(4)) + log(2)) / 3),
        (
            {"ranking_loss": "softmax", "ranking_temperature": 0.5},
            log(exp(2) + exp(1.6) + exp(0)) - 2,
        ),
        # The excess of 0.8 over 0.3 is 0.5, half of it is the mean over both negatives.
        ({"ranking_loss": "ccl", "ccl_margin": 0.3, "ccl_negative_weight": 4.0}, 4 * 0.25),
        ({"ranking_loss": "in-batch-softmax"}, 0.0),
    ],
)
def test_by_hand(settings: dict[str, object], expected: float) -> None:
    nodes, batch = by_hand()
    assert float(ranking_loss(RankingConfig(**settings), nodes, batch, 1)) == pytest.approx(
        expected, abs=1e-12
    )


def test_the_default_is_the_fused_loss_to_the_bit() -> None:
    nodes, batch = made(None)
    assert torch.equal(
        ranking_loss(RankingConfig(), nodes, batch, N_USERS), pairs.bpr(nodes, batch, N_USERS)
    )


def test_one_negative_in_a_column_is_one_negative() -> None:
    nodes, batch = made(None)
    column = PairBatch(batch.users, batch.positives, batch.negatives[:, None])
    for name in ("bpr", "bce", "softmax", "ccl"):
        config = RankingConfig(ranking_loss=name)
        torch.testing.assert_close(
            ranking_loss(config, nodes, batch, N_USERS),
            ranking_loss(config, nodes, column, N_USERS),
            rtol=1e-12, atol=1e-14,
        )  # fmt: skip


@pytest.mark.parametrize("n_negatives", [1, 2, 7])
def test_cross_entropies_are_those_of_torch(n_negatives: int) -> None:
    nodes, batch = made(n_negatives)
    own, others = scores(nodes[:N_USERS], nodes[N_USERS:], batch)
    everything = torch.cat([own[:, None], others], dim=1)
    labels = torch.zeros_like(everything)
    labels[:, 0] = 1
    expected = functional.binary_cross_entropy_with_logits(everything, labels)
    found = ranking_loss(RankingConfig(ranking_loss="bce"), nodes, batch, N_USERS)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)

    config = RankingConfig(ranking_loss="softmax", ranking_temperature=0.3)
    cosines = functional.normalize(nodes, dim=1)
    own, others = scores(cosines[:N_USERS], cosines[N_USERS:], batch)
    logits = torch.cat([own[:, None], others], dim=1) / 0.3
    expected = functional.cross_entropy(logits, torch.zeros(9, dtype=torch.int64))
    found = ranking_loss(config, nodes, batch, N_USERS)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)


def test_in_batch_softmax_chooses_among_the_distinct_positives() -> None:
    nodes, batch = made(None)
    batch = PairBatch(batch.users, torch.tensor([3, 3, 1, 0, 7, 7, 7, 2, 1]), batch.negatives)
    config = RankingConfig(ranking_loss="in-batch-softmax", ranking_temperature=0.2)
    cosines = functional.normalize(nodes, dim=1)
    among = torch.tensor([0, 1, 2, 3, 7])
    logits = cosines[batch.users] @ cosines[N_USERS + among].T / 0.2
    place = torch.tensor([3, 3, 1, 0, 4, 4, 4, 2, 1])
    expected = functional.cross_entropy(logits, place)
    found = ranking_loss(config, nodes, batch, N_USERS)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)
    (gradient,) = torch.autograd.grad(found, nodes)
    (wanted,) = torch.autograd.grad(expected, nodes)
    torch.testing.assert_close(gradient, wanted, rtol=1e-10, atol=1e-13)


def test_penalties_count_every_negative() -> None:
    nodes, batch = made(3)
    rows = [
        nodes[batch.users],
        nodes[N_USERS + batch.positives],
        nodes[N_USERS + batch.negatives].reshape(27, -1),
    ]
    expected = sum(row.square().sum() for row in rows) / 2 / 9
    for found in (
        pairs.squared_norms(nodes, batch.flat, N_USERS),
        losses.squared_norms(*batch_rows(nodes, batch, N_USERS)),
    ):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)


def test_what_is_trained_on_cosines_scores_by_cosines() -> None:
    nodes, _ = made(None)
    assert as_scored(RankingConfig(ranking_loss="bce"), nodes) is nodes
    lengths = as_scored(RankingConfig(ranking_loss="ccl"), nodes).norm(dim=1)
    torch.testing.assert_close(lengths, torch.ones_like(lengths))
