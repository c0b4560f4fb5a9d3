"""SGL: LightGCN, made to agree with itself on two random parts of the graph.

Wu et al., *Self-supervised Graph Learning for Recommendation*, SIGIR 2021; defaults are the
paper's for Yelp2018 (SGL-ED). The authors sum every term over the batch where this takes the
mean, which leaves the weights as they are. Recomputed from the formula in
`tests/parity/test_formulas.py`.
"""

from dataclasses import replace
from typing import Annotated

import torch
from jaxtyping import Float, Int64
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor, nn

from ecorec.data.batch import PairBatch
from ecorec.graph.augmentation import Drop, views
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.graph.reach import EVERYONE, Reach
from ecorec.models import losses, pairs
from ecorec.models.base import PropagationConfig, by_kind, xavier_table
from ecorec.models.cost import Cost, trained
from ecorec.models.problem import Batch, Problem
from ecorec.models.ranking import RankingConfig, as_scored, ranking_loss, seen_by
from ecorec.models.unit_rows import unit_rows
from ecorec.models.work import Work, contrast, pair_loss, pair_norms, passes, propagation


class SGLConfig(RankingConfig, PropagationConfig):
    """Hyper-parameters of SGL."""

    n_layers: PositiveInt = 3
    """Propagation steps over the graph."""
    l2_weight: NonNegativeFloat = 1e-4
    """Weight of half the squared norms of the batch's ego embeddings, per pair."""
    drop: Drop = "edge"
    """What a view lacks: interactions, users and items, or other interactions in each layer."""
    drop_share: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of what is dropped (rho)."""
    contrastive_weight: NonNegativeFloat = 0.1
    """Weight of the contrastive terms of users and of items, each a mean over the batch's pairs."""
    temperature: PositiveFloat = 0.2
    """Temperature of the contrastive softmax, which runs over all users, or all items."""


class SGL(nn.Module):
    """Smoothed embeddings, regularised by the agreement of two views drawn each epoch."""

    def __init__(self, config: SGLConfig, graph: BipartiteGraph, rng: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.graph = graph
        self.rng = rng
        self.views: list[list[BipartiteGraph]] = []
        self.nodes = xavier_table(graph, config.embedding_size, rng, "uniform")

    def begin_epoch(self) -> None:
        """Draw the two views anew."""
        config = self.config
        self.views = [
            views(self.graph, config.drop, config.drop_share, config.n_layers, self.rng)
            for _ in range(2)
        ]

    def _smoothed(self, seen: Reach = EVERYONE) -> Float[Tensor, "nodes size"]:
        n_layers = self.config.n_layers
        return self.graph.sum_layers(self.nodes, n_layers, scale=1 / (n_layers + 1), seen=seen)

    def _seen_through(self, layers: list[BipartiteGraph]) -> Float[Tensor, "nodes size"]:
        """Return the mean of the ego embeddings and their propagations through a view."""
        if self.config.drop != "walk":
            scale = 1 / (len(layers) + 1)
            return layers[0].sum_layers(self.nodes, len(layers), scale=scale)
        layer: Tensor = self.nodes
        total = layer
        for graph in layers:
            layer = graph.propagate(layer)
            total = total + layer
        return total / (len(layers) + 1)

    def embed(self) -> tuple[Float[Tensor, "users size"], Float[Tensor, "items size"]]:
        """Return the mean of the ego embeddings and their propagations over the whole graph."""
        return by_kind(as_scored(self.config, self._smoothed()), self.graph.n_users)

    def loss(self, batch: PairBatch) -> Float[Tensor, ""]:
        """Return the ranking loss, the penalty on ego embeddings, and InfoNCE between the views."""
        config, n_users = self.config, self.graph.n_users
        if not self.views:
            self.begin_epoch()
        seen = seen_by(config, self.graph, batch, config.n_layers)
        ranking = ranking_loss(config, self._smoothed(seen), batch, n_users)
        penalty = pairs.squared_norms(self.nodes, batch.flat, n_users)
        first, second = (self._seen_through(layers) for layers in self.views)
        contrast = self.nodes.new_zeros(())
        for one, other, index in zip(
            by_kind(first, n_users), by_kind(second, n_users), (batch.users, batch.positives),
            strict=True,
        ):  # fmt: skip
            contrast = contrast + self._contrast(one, other, index)
        return ranking + config.l2_weight * penalty + config.contrastive_weight * contrast

    def _contrast(
        self,
        first: Float[Tensor, "all size"],
        second: Float[Tensor, "all size"],
        index: Int64[Tensor, " batch"],
    ) -> Float[Tensor, ""]:
        """Return the mean over the batch of -log of the share of a row's own second view.

        Rows that occur several times in a batch are contrasted once and weighted.
        """
        rows, counts = index.unique(return_counts=True)
        view = unit_rows(first.index_select(0, rows), 1 / self.config.temperature)
        everyone = unit_rows(second)
        own = losses.dot(view, everyone.index_select(0, rows))
        weights, largest = counts.to(view.dtype) / counts.sum(), 1 / self.config.temperature
        repelled = losses.weighted_log_sum_exp(view, everyone, weights, largest=largest)
        contrast: Tensor = repelled - weights @ own
        return contrast


def sgl_cost(config: SGLConfig, problem: Problem) -> Cost:
    """Return what SGL takes; drawing its views, once an epoch, is not in it.

    One product a layer each way over the whole graph and over both views; the contrast is of the
    batch's distinct users with all users, and of its distinct positives with all items. How many
    interactions a view without some nodes keeps is drawn: here, as many as are to be expected.
    """
    size, n_layers = config.embedding_size, config.n_layers
    view = replace(problem, n_interactions=_kept(config, problem))

    def step(batch: Batch) -> Work:
        return (
            2 * n_layers * propagation(problem, size, plus=True)
            + 4 * n_layers * propagation(view, size, plus=True)
            + contrast(problem, batch.n_users, problem.n_users, size)
            + contrast(problem, batch.n_positives, problem.n_items, size)
            + pair_loss(problem, batch, size)
            + pair_norms(problem, batch, size)
            # Normalising the views, rows of one and all of the other, takes some 12.
            + passes(problem, size, 26)
        )

    return trained(problem, problem.n_nodes * size, size, step)


def _kept(config: SGLConfig, problem: Problem) -> int:
    """Return the interactions of a view, as `graph.augmentation` draws it."""
    share, n_interactions = config.drop_share, problem.n_interactions
    if config.drop != "node":
        return int(n_interactions * (1 - share))
    users, items = (1 - int(n * share) / n for n in (problem.n_users, problem.n_items))
    return round(n_interactions * users * items)
