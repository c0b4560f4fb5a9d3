"""SimGCL: LightGCN without the ego layer, made to agree with noisy copies of itself.

Yu et al., *Are Graph Augmentations Necessary? Simple Graph Contrastive Learning for
Recommendation*, SIGIR 2022. Compared with the code that the paper ran, which sums the
contrastive term where the authors' code averages it, in
`tests/parity/test_reference_values.py`.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from pydantic import NonNegativeFloat, PositiveFloat
from torch import Tensor, nn
from torch.nn import functional

from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models import losses
from ecorec.models.base import EmbeddingConfig, Reduction, reduce, xavier_table


class SimGCLConfig(EmbeddingConfig):
    """Hyper-parameters of SimGCL."""

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
        return self._mean_of_layers([None] * self.config.n_layers)

    def _mean_of_layers(
        self, noise: Sequence[Float[Tensor, "nodes size"] | None]
    ) -> tuple[Float[Tensor, "users size"], Float[Tensor, "items size"]]:
        layer: Tensor = self.nodes
        total = torch.zeros_like(layer)
        for draw in noise:
            layer = self.graph.propagate(layer)
            if draw is not None:
                step = self.config.noise * functional.normalize(draw, dim=1)
                layer = layer + torch.sign(layer) * step
            total = total + layer
        mean = total / len(noise)
        return mean[: self.graph.n_users], mean[self.graph.n_users :]

    def loss(self, batch: PairBatch) -> Float[Tensor, ""]:
        """Return `loss_with_noise` for noise that is drawn anew."""
        shape = (2, self.config.n_layers, *self.nodes.shape)
        noise = torch.rand(shape, generator=self.rng, dtype=self.nodes.dtype)
        return self.loss_with_noise(batch, noise.to(self.nodes.device))

    def loss_with_noise(
        self, batch: PairBatch, noise: Float[Tensor, "views layers nodes size"]
    ) -> Float[Tensor, ""]:
        """Return BPR, the penalty on ego embeddings, and InfoNCE between two noisy views.

        Args:
            batch: Users with one positive and one negative item each.
            noise: Uniform draws in [0, 1), two views, before each row is normalised.
        """
        config = self.config
        users, items = self.embed()
        chosen = users[batch.users]
        ranking = losses.bpr(
            losses.dot(chosen, items[batch.positives]), losses.dot(chosen, items[batch.negatives])
        )
        ego_users, ego_items = self.nodes.split([self.graph.n_users, self.graph.n_items])
        penalty = losses.plain_norms(
            ego_users[batch.users], ego_items[batch.positives], ego_items[batch.negatives]
        )
        first_users, first_items = self._mean_of_layers(list(noise[0]))
        second_users, second_items = self._mean_of_layers(list(noise[1]))
        rows, columns = batch.users.unique(), batch.positives.unique()
        contrast = [
            losses.info_nce(first_users[rows], second_users[rows], config.temperature),
            losses.info_nce(first_items[columns], second_items[columns], config.temperature),
        ]
        agreement = sum(reduce(values, config.contrastive_reduction) for values in contrast)
        return ranking + config.l2_weight * penalty + config.contrastive_weight * agreement
