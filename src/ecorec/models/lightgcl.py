"""LightGCL: LightGCN contrasted with its own low-rank reconstruction.

Cai et al., *LightGCL: Simple Yet Effective Graph Contrastive Learning for
Recommendation*, ICLR 2023. Compared with the code that the paper ran, which contrasts
users and positive items only, in `tests/parity/test_reference_values.py`; the authors'
own code contrasts the negative items too, which is the default here. Both codes leave edge
dropout on at evaluation; here it is off.
"""

from typing import Annotated

import torch
from jaxtyping import Float, Int64
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt
from torch import Tensor, nn

from ecorec.data.batch import PairBatch
from ecorec.graph.augmentation import DroppedEdges
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.graph.low_rank import truncated_svd
from ecorec.models import losses
from ecorec.models.base import PropagationConfig, by_kind, xavier_table
from ecorec.models.cost import Cost, trained
from ecorec.models.problem import Batch, Problem
from ecorec.models.ranking import RankingConfig, as_scored, ranking_loss
from ecorec.models.work import Work, contrast, pair_loss, passes, product, propagation


class LightGCLConfig(RankingConfig, PropagationConfig):
    """Hyper-parameters of LightGCL."""

    rank: PositiveInt = 5
    """Singular triples of the reconstructed graph (q)."""
    svd_iterations: NonNegativeInt = 2
    """Power iterations of the randomised decomposition."""
    l2_weight: NonNegativeFloat = 1e-5
    """Weight of the squared norm of all parameters (lambda 2)."""
    contrastive_weight: NonNegativeFloat = 0.01
    """Weight of the contrastive term, a mean over the contrasted rows (lambda 1)."""
    temperature: PositiveFloat = 0.8
    """Temperature of the contrastive softmax."""
    contrast_negatives: bool = True
    """Contrast the batch's negative items as well as its positive ones."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the directed edges that is dropped in training, drawn anew for each layer."""


class LightGCL(nn.Module):
    """Propagated embeddings, pulled towards what the leading singular vectors say."""

    def __init__(self, config: LightGCLConfig, graph: BipartiteGraph, rng: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.graph = graph
        self.rng = rng
        self.dropped = DroppedEdges(graph) if config.dropout else None
        self.nodes = xavier_table(graph, config.embedding_size, rng, "uniform")
        left, singular_values, right = truncated_svd(graph, config.rank, config.svd_iterations, rng)
        self.left, self.right, self.singular_values = left, right, singular_values

    def _layers(self) -> tuple[Float[Tensor, "nodes size"], Float[Tensor, "nodes size"]]:
        """Return the sums of the propagations 0 to `n_layers` - 1, and 0 to `n_layers`."""
        if not self.config.n_layers:
            return self.nodes, self.nodes
        if self.dropped and self.training:
            return self._dropped_layers(self.dropped)
        before_last = self.graph.sum_layers(self.nodes, self.config.n_layers - 1)
        return before_last, self.graph.propagate(before_last, plus=self.nodes)

    def _dropped_layers(self, dropped: DroppedEdges) -> tuple[Tensor, Tensor]:
        layer: Tensor = self.nodes
        before_last = final = layer
        for _ in range(self.config.n_layers):
            layer = dropped.propagate(layer, self.config.dropout, self.rng)
            before_last, final = final, final + layer
        return before_last, final

    def embed(self) -> tuple[Float[Tensor, "users size"], Float[Tensor, "items size"]]:
        """Return the sum of the ego embeddings and their `n_layers` propagations."""
        return by_kind(as_scored(self.config, self._layers()[1]), self.graph.n_users)

    def loss(self, batch: PairBatch) -> Float[Tensor, ""]:
        """Return the ranking loss, the penalty on all parameters, and the contrast of two views."""
        config, n_users = self.config, self.graph.n_users
        before_last, final = self._layers()
        ranking = ranking_loss(config, final, batch, n_users)
        penalty = self.nodes.square().sum()
        contrasted = batch.positives
        if config.contrast_negatives:
            contrasted = torch.cat([batch.positives, batch.flat.negatives])
        # Rows that occur several times in a batch are contrasted once and weighted.
        rows, row_counts = batch.users.unique(return_counts=True)
        columns, column_counts = contrasted.unique(return_counts=True)
        smooth_users, smooth_items = self._low_rank_rows(before_last, rows, columns)
        all_users, all_items = by_kind(final, n_users)
        contrast = self._contrast(smooth_users, all_users, rows, row_counts)
        contrast = contrast + self._contrast(smooth_items, all_items, columns, column_counts)
        return ranking + config.l2_weight * penalty + config.contrastive_weight * contrast

    def _low_rank_rows(
        self,
        before_last: Float[Tensor, "nodes size"],
        users: Int64[Tensor, " rows"],
        items: Int64[Tensor, " columns"],
    ) -> tuple[Float[Tensor, "rows size"], Float[Tensor, "columns size"]]:
        """Return rows of the low-rank view: ego plus U S V^T times the layers 0 to L - 1.

        The product is linear, so the layers are added before it rather than after, and only
        the rows that are contrasted are ever formed.
        """
        ego = self.nodes.index_select(0, torch.cat([users, items + self.graph.n_users]))
        ego_users, ego_items = ego.split([users.numel(), items.numel()])
        if not self.config.n_layers:
            return ego_users, ego_items
        sum_users, sum_items = by_kind(before_last, self.graph.n_users)
        from_items = self.singular_values[:, None] * (self.right.T @ sum_items)
        from_users = self.singular_values[:, None] * (self.left.T @ sum_users)
        return (
            ego_users + self.left[users] @ from_items,
            ego_items + self.right[items] @ from_users,
        )

    def _contrast(
        self,
        view: Float[Tensor, "rows size"],
        everyone: Float[Tensor, "all size"],
        rows: Int64[Tensor, " rows"],
        counts: Int64[Tensor, " rows"],
    ) -> Float[Tensor, ""]:
        """Return the weighted mean of log-sum-exp over everyone minus the own score, clipped."""
        view = view / self.config.temperature
        weights = counts.to(view.dtype) / counts.sum()
        own = losses.dot(view, everyone.index_select(0, rows)).clamp(-5.0, 5.0)
        return losses.weighted_log_sum_exp(view, everyone, weights) - weights @ own


def lightgcl_cost(config: LightGCLConfig, problem: Problem) -> Cost:
    """Return what LightGCL takes; its decomposition, once a run, is not in an epoch.

    One product a layer each way; the contrast is of the batch's distinct users with all users,
    and of its distinct items with all items.
    """
    size, n_layers = config.embedding_size, config.n_layers
    rank = min(config.rank, problem.n_users, problem.n_items)

    def step(batch: Batch) -> Work:
        columns = batch.n_items if config.contrast_negatives else batch.n_positives
        work = (
            contrast(problem, batch.n_users, problem.n_users, size, shifted=True)
            + contrast(problem, columns, problem.n_items, size, shifted=True)
            + pair_loss(problem, batch, size)
            + passes(problem, size, 26)
        )
        if not n_layers:
            return work
        # Each has its gradient towards the embeddings, and none towards the singular vectors.
        low_rank = product(problem, rank, problem.n_nodes, size)
        low_rank += product(problem, batch.n_users + columns, rank, size)
        return (
            work
            + 2 * low_rank
            + (2 * n_layers - 1) * propagation(problem, size, plus=True)
            + propagation(problem, size)
        )

    return trained(problem, problem.n_nodes * size, size, step)
