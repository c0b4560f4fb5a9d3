"""Losses of the trained models on graphs of two or three nodes, on paper."""

from math import exp, log, sqrt

import pytest
import torch

from ecorec.config import Config
from ecorec.data.batch import PairBatch
from ecorec.errors import InputError
from ecorec.models.catalogue import MODELS
from ecorec.models.xsimgcl import XSimGCLConfig
from tests.conftest import graph_of, interactions_of


def loss_of(
    name: str,
    pairs: list[tuple[int, int]],
    rows: list[list[float]],
    batch: tuple[list[int], list[int], list[int]],
    **settings: object,
) -> float:
    n_users = 1 + max(user for user, _ in pairs)
    graph = graph_of(interactions_of(pairs, n_users, len(rows) - n_users))
    entry = MODELS[name]
    config: Config = entry.config(embedding_size=len(rows[0]), **settings)
    model = entry.build(config, graph, torch.Generator().manual_seed(0))
    model.nodes.data = torch.tensor(rows, dtype=torch.float64)
    return float(model.loss(PairBatch(*map(torch.tensor, batch))).detach())


def softplus(x: float) -> float:
    return log(1 + exp(x))


def test_bpr_mf() -> None:
    # Scores 2 and 0; half of 1 + 4 + 1 is penalised.
    found = loss_of("bpr-mf", [(0, 0)], [[1, 0], [2, 0], [0, 1]], ([0], [0], [1]), l2_weight=0.01)
    assert found == pytest.approx(softplus(-2) + 0.01 * 3, abs=1e-12)


def test_ultragcn() -> None:
    # Users have 1 and 2 items, items 2 and 1 users. G = [[2, 1], [1, 1]], row sums 3 and 2.
    found = loss_of(
        "ultragcn", [(0, 0), (1, 0), (1, 1)], [[1, 0], [0, 1], [2, 0], [0.5, 3]],
        ([0], [0], [1]),
        w1=0.1, w2=1.0, w3=0.2, w4=2.0, negative_weight=5.0, item_weight=0.3, l2_weight=0.01,
        n_neighbours=2,
    )  # fmt: skip
    positive = (0.1 + sqrt(2) / sqrt(3)) * softplus(-2)
    negative = (0.2 + 2 * sqrt(2) / sqrt(2)) * softplus(0.5)
    itself, other = 2 / 3, 1 / 3 * sqrt(4 / 3)
    items = itself * softplus(-2) + other * softplus(-0.5)
    penalty = (1 + 1 + 4 + 9.25) / 2
    expected = positive + 5 * negative + 0.3 * items + 0.01 * penalty
    assert found == pytest.approx(expected, abs=1e-12)


def test_sgl_without_drops_contrasts_a_user_with_the_other() -> None:
    # Two separate pairs, each of equal embeddings: smoothing changes nothing.
    found = loss_of(
        "sgl", [(0, 0), (1, 1)], [[1, 0], [0, 1], [1, 0], [0, 1]], ([0], [0], [1]),
        n_layers=1, drop_share=0.0, temperature=0.5, contrastive_weight=0.3, l2_weight=0.01,
    )  # fmt: skip
    share = exp(2) / (exp(2) + 1)
    assert found == pytest.approx(softplus(-1) + 0.3 * 2 * -log(share) + 0.01 * 1.5, abs=1e-12)


def test_xsimgcl_without_noise() -> None:
    # Layer 1 swaps the pair, layer 2 swaps it back; a lone row agrees with itself entirely.
    found = loss_of(
        "xsimgcl", [(0, 0)], [[1, 0], [0, 2], [3, 3]], ([0], [0], [1]),
        n_layers=2, noise=0.0, l2_weight=0.01,
    )  # fmt: skip
    assert found == pytest.approx(softplus(-1.25) + 0.01 * (1 + 4 + 18) / 2, abs=1e-12)


def test_directau() -> None:
    # Aligned up to length: no distance. Both users, and both items, are orthogonal: 2.
    found = loss_of(
        "directau", [(0, 0), (1, 1)], [[3, 0], [0, 1], [1, 0], [0, 2]], ([0, 1], [0, 1], [1, 0]),
        uniformity_weight=0.5, l2_weight=0.01,
    )  # fmt: skip
    assert found == pytest.approx(0.5 * -4 + 0.01 * (9 + 1 + 1 + 4) / 2, abs=1e-12)


def test_a_layer_that_is_not_there_cannot_be_contrasted() -> None:
    with pytest.raises(InputError, match=r"contrasted_layer = 3 must be one of the n_layers = 2"):
        XSimGCLConfig.parse({"contrasted_layer": 3}, "`xsimgcl`")
