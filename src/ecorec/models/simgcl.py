"""SimGCL: LightGCN without the ego layer, made to agree with noisy copies of itself.

Yu et al., *Are Graph Augmentations Necessary? Simple Graph Contrastive Learning for
Recommendation*, SIGIR 2022. Compared with the code that the paper ran, which sums the
contrastive term where the authors' code averages it, in
`tests/parity/test_reference_values.py`.
"""

import torch
from jaxtyping import Float
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor, nn

from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models import losses, pairs
from ecorec.models.base import PropagationConfig, Reduction, by_kind, reduce, xavier_table
from ecorec.models.noise import perturb_, uniform
from ecorec.models.ranking import RankingConfig, as_scored, ranking_loss


class SimGCLConfig(RankingConfig, PropagationConfig):
    """Hyper-parameters of SimGCL."""

    n_layers: PositiveInt = 2
    """Propagation steps over the graph; the ego layer does not count."""
    l2_weight: NonNegativeFloat = 1e-4
    """Weight of the norms (not squared) of the batch's ego embeddings, per pair."""
    contrastive_weight: NonNegativeFloat = 0.01
    """Weight of the contrastive term; belongs to `contrastive_reduction`."""
    contrastive_reduction: Reduction = "mean"
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

    def _mean(self, keep: list[Tensor] | None = None) -> Float[Tensor, "nodes size"]:
        n_layers = self.config.n_layers
        total = self.graph.sum_layers(self.nodes, n_layers, with_ego=False, keep=keep)
        return total / n_layers

    def loss(self, batch: PairBatch) -> Float[Tensor, ""]:
        """Return `loss_with_noise` for noise that is drawn anew."""
        shape = (2, self.config.n_layers, *self.nodes.shape)
        noise = uniform(shape, self.rng, self.nodes.dtype)
        return self.loss_with_noise(batch, noise.to(self.nodes.device))

    def loss_with_noise(
        self, batch: PairBatch, noise: Float[Tensor, "views layers nodes size"]
    ) -> Float[Tensor, ""]:
        """Return the ranking loss, the penalty, and InfoNCE between two noisy views.

        Args:
            batch: Users with one positive item and one or more negative ones each.
            noise: Uniform draws in [0, 1), two views, before each row is normalised;
                overwritten.
        """
        config, n_users = self.config, self.graph.n_users
        layers: list[Tensor] = []
        mean = self._mean(keep=layers)
        ranking = ranking_loss(config, mean, batch, n_users)
        penalty = pairs.plain_norms(self.nodes, batch.flat, n_users)
        rows, columns = batch.users.unique(), batch.positives.unique() + n_users
        contrasted = torch.cat([rows, columns])
        clean = mean.index_select(0, contrasted)
        views = [clean + self._drift(layers, view).index_select(0, contrasted) for view in noise]
        sizes = [rows.numel(), columns.numel()]
        contrast = [
            losses.info_nce(first, second, config.temperature)
            for first, second in zip(views[0].split(sizes), views[1].split(sizes), strict=True)
        ]
        agreement = sum(reduce(values, config.contrastive_reduction) for values in contrast)
        return ranking + config.l2_weight * penalty + config.contrastive_weight * agreement

    @torch.no_grad()
    def _drift(
        self, layers: list[Float[Tensor, "nodes size"]], noise: Float[Tensor, "layers nodes size"]
    ) -> Float[Tensor, "nodes size"]:
        """Return how far a noisy view's mean of layers is from the clean one.

        A view's layer is h' = A h'_before + sign(A h'_before) * noise. Propagation is linear, so
        h' is the clean h plus a drift that starts at zero and follows the same recursion; and
        noise and sign have no gradient, so the drift is a constant. Three propagations with
        gradients become one with and, per view, one fewer than there are layers without.
        """
        drift: Tensor | None = None
        total: Tensor | None = None
        for layer, draw in zip(layers, noise, strict=True):
            moved = None if drift is None else self.graph.multiply(drift)
            drift = perturb_(draw, layer, moved, self.config.noise)
            total = drift.clone() if total is None else total.add_(drift)
        return torch.zeros_like(self.nodes) if total is None else total.div_(len(layers))
