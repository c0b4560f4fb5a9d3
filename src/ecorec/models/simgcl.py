"""SimGCL: LightGCN without the ego layer, made to agree with noisy copies of itself.

Yu et al., *Are Graph Augmentations Necessary? Simple Graph Contrastive Learning for
Recommendation*, SIGIR 2022. Compared with the code that the paper ran, which sums the
contrastive term where the authors' code averages it, in
`tests/parity/test_reference_values.py`.
"""

import torch
from jaxtyping import Float, Int64
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor, nn

from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.graph.reach import EVERYONE, Reach
from ecorec.models import losses, pairs
from ecorec.models.base import PropagationConfig, by_kind, xavier_table
from ecorec.models.cost import Cost, trained
from ecorec.models.exchange import Exchange, of_ranking
from ecorec.models.noise import Noise, perturbed
from ecorec.models.problem import Batch, Problem
from ecorec.models.ranking import RankingConfig, as_scored, ranking_loss, seen_by
from ecorec.models.work import Work, contrast, pair_loss, pair_norms, passes, propagation


class SimGCLConfig(RankingConfig, PropagationConfig):
    """Hyper-parameters of SimGCL."""

    n_layers: PositiveInt = 2
    """Propagation steps over the graph; the ego layer does not count."""
    l2_weight: NonNegativeFloat = 1e-4
    """Weight of the norms (not squared) of the batch's ego embeddings, per pair."""
    contrastive_weight: NonNegativeFloat = 0.01
    """Weight of the contrastive term; belongs to `contrastive_reduction`."""
    contrastive_reduction: losses.Reduction = "mean"
    """Over the batch's unique users and unique items: the authors' mean, or the paper's sum."""
    temperature: PositiveFloat = 0.05
    """Temperature of the contrastive softmax."""
    noise: NonNegativeFloat = 0.1
    """Length of the noise added to each node in each layer (epsilon)."""


class SimGCL(nn.Module):
    """Smoothed embeddings, regularised by the agreement of two noisy views."""

    def __init__(self, config: SimGCLConfig, graph: BipartiteGraph, rng: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.graph = graph
        self.rng = rng
        self.nodes = xavier_table(graph, config.embedding_size, rng, "uniform")

    def embed(self) -> tuple[Float[Tensor, "users size"], Float[Tensor, "items size"]]:
        """Return the mean of the propagations 1 to `n_layers`, without noise."""
        return by_kind(as_scored(self.config, self._mean()), self.graph.n_users)

    def _mean(
        self, keep: list[Tensor] | None = None, seen: Reach = EVERYONE
    ) -> Float[Tensor, "nodes size"]:
        n_layers = self.config.n_layers
        return self.graph.sum_layers(
            self.nodes, n_layers, with_ego=False, scale=1 / n_layers, keep=keep, seen=seen
        )

    def loss(self, batch: PairBatch) -> Float[Tensor, ""]:
        """Return `loss_with_noise` for noise that is drawn anew."""
        views = [[Noise.drawn(self.rng) for _ in range(self.config.n_layers)] for _ in range(2)]
        return self.loss_with_noise(batch, views)

    def loss_with_noise(self, batch: PairBatch, noise: list[list[Noise]]) -> Float[Tensor, ""]:
        """Return the ranking loss, the penalty, and InfoNCE between two noisy views.

        Args:
            batch: Users with one positive item and one or more negative ones each.
            noise: Of each layer of two views.
        """
        config, n_users, shard = self.config, self.graph.n_users, self.graph.shard
        seen = seen_by(config, self.graph, batch, config.n_layers)
        layers: list[Tensor] = []
        mean = self._mean(keep=layers, seen=seen)
        ranking = ranking_loss(config, mean, batch, n_users, shard)
        penalty = pairs.plain_norms(self.nodes, batch.flat, n_users, shard)
        rows, columns = batch.users.unique(), batch.positives.unique() + n_users
        contrasted = torch.cat([rows, columns])
        clean = mean.index_select(0, contrasted)
        drifts = [self._drift(layers, view, seen, contrasted) for view in noise]
        views = [shard.whole_rows(clean + drift) for drift in drifts]
        sizes = [rows.numel(), columns.numel()]
        agreement = sum(
            losses.info_nce(first, second, config.temperature, config.contrastive_reduction)
            for first, second in zip(views[0].split(sizes), views[1].split(sizes), strict=True)
        )
        return ranking + config.l2_weight * penalty + config.contrastive_weight * agreement

    @torch.no_grad()
    def _drift(
        self,
        layers: list[Float[Tensor, "nodes size"]],
        noise: list[Noise],
        seen: Reach,
        contrasted: Int64[Tensor, " rows"],
    ) -> Float[Tensor, "rows size"]:
        """Return how far the contrasted rows of a noisy view are from those of the clean one.

        A view's layer is h' = A h'_before + sign(A h'_before) * noise. Propagation is linear, so
        h' is the clean h plus a drift that starts at zero and follows the same recursion; and
        noise and sign have no gradient, so the drift is a constant. Three propagations with
        gradients become one with and, per view, one fewer than there are layers without.
        """
        drift: Tensor | None = None
        total = self.nodes.new_zeros(contrasted.numel(), self.nodes.shape[1])
        for hops, (layer, draws) in zip(
            range(len(layers) - 1, -1, -1), zip(layers, noise, strict=True), strict=True
        ):
            rows = seen.hops(hops)
            moved = None if drift is None else self.graph.multiply(drift, rows=rows)
            drift = perturbed(layer, moved, draws, self.config.noise, rows, self.graph.shard)
            total += drift.index_select(0, contrasted)
        return total / max(len(layers), 1)


def simgcl_cost(config: SimGCLConfig, problem: Problem) -> Cost:
    """Return what SimGCL takes.

    One product a layer each way and, for each of the two views, one a layer but the first; the
    contrast is among the batch's distinct users, and among its distinct positives.
    """
    size, n_layers = config.embedding_size, config.n_layers

    def step(batch: Batch) -> Work:
        return (
            (3 * n_layers - 1) * propagation(problem, size)
            + (n_layers - 1) * propagation(problem, size, plus=True)
            + contrast(problem, batch.n_users, batch.n_users, size)
            + contrast(problem, batch.n_positives, batch.n_positives, size)
            + pair_loss(problem, batch, size)
            + pair_norms(problem, batch, size)
            # Turning both views' noise takes 12 of the 15 a layer.
            + passes(problem, size, 15 * n_layers + 10)
        )

    return trained(problem, problem.n_nodes * size, size, step)


def simgcl_exchange(config: SimGCLConfig, problem: Problem, batch: Batch) -> Exchange:
    """Return what SimGCL exchanges: scores, three squared norms, and both views' whole rows.

    Each process contrasts the whole rows itself: their logits are many more numbers than they.
    """
    rows = batch.n_users + batch.n_positives
    return Exchange(of_ranking(config, batch) + 3, 2 * rows * config.embedding_size)
