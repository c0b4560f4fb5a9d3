"""Ranking losses by name: what a model can be told to optimise in the place of BPR.

`bpr` compares a positive with a negative, `bce` asks of each item alone whether it was chosen,
the softmax losses ask which of several items was, `ccl` lets negatives below a margin be. The
last three work on cosines, and so does the scoring of a model that was trained by them.
Checked by hand and against torch's own losses in `tests/models/test_ranking.py`.
"""

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float
from pydantic import NonNegativeFloat, PositiveFloat
from torch import Tensor
from torch.nn import functional

from ecorec.config import Config
from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.graph.reach import EVERYONE, Reach
from ecorec.graph.shard import WHOLE, ColumnShard
from ecorec.models import losses, pairs
from ecorec.models.base import by_kind
from ecorec.models.chosen_scores import chosen_scores

RankingLoss = Literal["bpr", "bce", "softmax", "in-batch-softmax", "ccl"]

BY_COSINE = ("softmax", "in-batch-softmax", "ccl")
"""Losses whose scores are cosines rather than inner products."""


class RankingConfig(Config):
    """Settings of the ranking loss."""

    ranking_loss: RankingLoss = "bpr"
    """`bpr` (pairwise), `bce` (pointwise), or by cosine `softmax`, `in-batch-softmax`, `ccl`."""
    ranking_temperature: PositiveFloat = 0.1
    """Temperature of `softmax` and `in-batch-softmax`."""
    ccl_margin: NonNegativeFloat = 0.4
    """Cosine below which `ccl` leaves a negative alone."""
    ccl_negative_weight: NonNegativeFloat = 1.0
    """Weight of the mean over a pair's negatives in `ccl`, against its one positive."""

    @property
    def needs_negatives(self) -> bool:
        """Whether the loss holds each pair against items that the user does not have."""
        return self.ranking_loss in _SAMPLED


def ranking_loss(
    config: RankingConfig,
    nodes: Float[Tensor, "nodes size"],
    batch: PairBatch,
    n_users: int,
    shard: ColumnShard = WHOLE,
) -> Float[Tensor, ""]:
    """Return the ranking loss that the settings name; a mean over the batch.

    Args:
        config: Which loss, and what it needs.
        nodes: Embeddings that score, users before items.
        batch: Users with one positive item and one or more negative ones each.
        n_users: Rows of `nodes` that are users.
        shard: Whose columns `nodes` has; with all of them only, a loss may work on cosines.
    """
    if reads_batch_only(config, batch):
        return pairs.bpr(nodes, batch, n_users, shard)
    name = config.ranking_loss
    users, items = by_kind(as_scored(config, nodes), n_users)
    if name == "in-batch-softmax":
        return _in_batch_softmax(config.ranking_temperature, users, items, batch)
    return _SAMPLED[name](config, *scores(users, items, batch, shard))


def reads_batch_only(config: RankingConfig, batch: PairBatch) -> bool:
    """Return whether the loss reads no other rows than the batch's own: BPR with one negative."""
    return config.ranking_loss == "bpr" and batch.negatives.ndim == 1


def seen_by(config: RankingConfig, graph: BipartiteGraph, batch: PairBatch, n_layers: int) -> Reach:
    """Return the nodes whose embeddings the loss reads; everyone, where it may read others too.

    Args:
        config: Which loss.
        graph: Of all nodes.
        batch: What the step sees.
        n_layers: How far the model propagates.
    """
    if not reads_batch_only(config, batch):
        return EVERYONE
    return graph.reach(*batch.nodes(graph.n_users), n_hops=n_layers)


def as_scored(
    config: RankingConfig, nodes: Float[Tensor, "nodes size"]
) -> Float[Tensor, "nodes size"]:
    """Return what is multiplied to score: of length one, if the loss works on cosines."""
    return functional.normalize(nodes, dim=1) if config.ranking_loss in BY_COSINE else nodes


def scores(
    users: Float[Tensor, "users size"],
    items: Float[Tensor, "items size"],
    batch: PairBatch,
    shard: ColumnShard = WHOLE,
) -> tuple[Float[Tensor, " batch"], Float[Tensor, "batch negatives"]]:
    """Return the inner products of the batch's users with their positives and negatives."""
    rows = users.index_select(0, batch.users)
    positives = shard.summed(losses.dot(rows, items.index_select(0, batch.positives)))
    negatives = batch.negatives.reshape(rows.shape[0], -1)
    return positives, shard.summed(chosen_scores(rows, items, negatives))


def _bpr(config: RankingConfig, positives: Tensor, negatives: Tensor) -> Tensor:
    """Return the mean over pairs and negatives of -log sigmoid(positive - negative)."""
    return losses.bpr(negatives - positives[:, None])


def _bce(config: RankingConfig, positives: Tensor, negatives: Tensor) -> Tensor:
    """Return the cross-entropy of chosen or not, a mean over all positives and negatives alike.

    He et al., Neural Collaborative Filtering (WWW 2017), divided by the number of its terms.
    """
    total = functional.softplus(-positives).sum() + functional.softplus(negatives).sum()
    return total / (positives.numel() + negatives.numel())


def _softmax(config: RankingConfig, positives: Tensor, negatives: Tensor) -> Tensor:
    """Return the mean of -log of the positive's share among itself and its negatives.

    Wu et al., On the Effectiveness of Sampled Softmax Loss for Item Recommendation (TOIS 2024).
    """
    together = torch.cat([positives[:, None], negatives], dim=1) / config.ranking_temperature
    return (together.logsumexp(dim=1) - together[:, 0]).mean()


def _ccl(config: RankingConfig, positives: Tensor, negatives: Tensor) -> Tensor:
    """Return the mean of 1 - positive, plus the weighted mean of what negatives exceed by.

    Mao et al., SimpleX (CIKM 2021), the cosine contrastive loss.
    """
    excess = functional.relu(negatives - config.ccl_margin).mean(dim=1)
    return (1 - positives + config.ccl_negative_weight * excess).mean()


def _in_batch_softmax(
    temperature: float, users: Tensor, items: Tensor, batch: PairBatch
) -> Float[Tensor, ""]:
    """Return the mean of -log of the positive's share among the batch's distinct positives.

    The user's other items in the batch count as negatives, as is customary.
    """
    rows = users.index_select(0, batch.users) / temperature
    among = items.index_select(0, batch.positives.unique())
    own = losses.dot(rows, items.index_select(0, batch.positives))
    weights = rows.new_full((rows.shape[0],), 1 / rows.shape[0])
    everyone = losses.weighted_log_sum_exp(rows, among, weights, largest=1 / temperature)
    return everyone - own.mean()


_SAMPLED: dict[str, Callable[[RankingConfig, Tensor, Tensor], Tensor]] = {
    "bpr": _bpr,
    "bce": _bce,
    "softmax": _softmax,
    "ccl": _ccl,
}
"""Losses of the scores of sampled negatives; `in-batch-softmax` scores none."""
