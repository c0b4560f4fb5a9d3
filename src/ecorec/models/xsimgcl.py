"""XSimGCL: SimGCL with one noisy propagation, whose layers are contrasted with each other.

Yu et al., *XSimGCL: Towards Extremely Simple Graph Contrastive Learning for Recommendation*,
TKDE 2024; defaults of the authors' code (SELFRec, `conf/XSimGCL.yaml`). The penalty is that of
RecBole-GNN: half the squared ego norms of users, positives and negatives, per pair. SELFRec
penalises the noisy final rows of users and positives only. Recomputed from the formula in
`tests/parity/test_formulas.py`.
"""

import torch
from jaxtyping import Float
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt, model_validator
from torch import Tensor, nn

from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models import losses, pairs
from ecorec.models.base import PropagationConfig, by_kind, xavier_table
from ecorec.models.cost import Cost, trained
from ecorec.models.exchange import Exchange, of_ranking
from ecorec.models.noise import Noise, perturbed
from ecorec.models.problem import Batch, Problem
from ecorec.models.ranking import RankingConfig, as_scored, ranking_loss
from ecorec.models.work import Work, contrast, pair_loss, pair_norms, passes, propagation


class XSimGCLConfig(RankingConfig, PropagationConfig):
    """Hyper-parameters of XSimGCL."""

    n_layers: PositiveInt = 2
    """Propagation steps over the graph; the ego layer does not count."""
    l2_weight: NonNegativeFloat = 1e-4
    """Weight of half the squared norms of the batch's ego embeddings, per pair."""
    contrastive_weight: NonNegativeFloat = 0.2
    """Weight of the contrastive term; belongs to `contrastive_reduction`."""
    contrastive_reduction: losses.Reduction = "mean"
    """Over the batch's unique users and unique items, each; the authors take the mean."""
    contrasted_layer: PositiveInt = 1
    """The layer that is contrasted with the mean of all (l*)."""
    temperature: PositiveFloat = 0.15
    """Temperature of the contrastive softmax."""
    noise: NonNegativeFloat = 0.2
    """Length of the noise added to each node in each layer (epsilon)."""

    @model_validator(mode="after")
    def _layer_exists(self) -> "XSimGCLConfig":
        if self.contrasted_layer > self.n_layers:
            message = (
                f"contrasted_layer = {self.contrasted_layer} must be one of the "
                f"n_layers = {self.n_layers} layers"
            )
            raise ValueError(message)
        return self


class XSimGCL(nn.Module):
    """Smoothed noisy embeddings that agree with one of their own layers."""

    def __init__(self, config: XSimGCLConfig, graph: BipartiteGraph, rng: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.graph = graph
        self.rng = rng
        self.nodes = xavier_table(graph, config.embedding_size, rng, "uniform")

    def embed(self) -> tuple[Float[Tensor, "users size"], Float[Tensor, "items size"]]:
        """Return the mean of the propagations 1 to `n_layers`, without noise."""
        n_layers = self.config.n_layers
        mean = self.graph.sum_layers(self.nodes, n_layers, with_ego=False, scale=1 / n_layers)
        return by_kind(as_scored(self.config, mean), self.graph.n_users)

    def loss(self, batch: PairBatch) -> Float[Tensor, ""]:
        """Return `loss_with_noise` for noise that is drawn anew."""
        noise = [Noise.drawn(self.rng) for _ in range(self.config.n_layers)]
        return self.loss_with_noise(batch, noise)

    def loss_with_noise(self, batch: PairBatch, noise: list[Noise]) -> Float[Tensor, ""]:
        """Return the ranking loss of the noisy mean, the penalty, and InfoNCE with layer l*.

        Args:
            batch: Users with one positive item and one or more negative ones each.
            noise: Of each layer.
        """
        config, n_users, shard = self.config, self.graph.n_users, self.graph.shard
        layer: Tensor = self.nodes
        layers: list[Tensor] = []
        for draws in noise:
            clean = self.graph.propagate(layer)
            # Noise and sign have no gradient: to the backward pass, what is added is a constant.
            layer = clean + perturbed(clean, None, draws, config.noise, shard=shard)
            layers.append(layer)
        mean = sum(layers[1:], start=layers[0]) / config.n_layers
        ranking = ranking_loss(config, mean, batch, n_users, shard)
        penalty = pairs.squared_norms(self.nodes, batch.flat, n_users, shard)
        one = layers[config.contrasted_layer - 1]
        contrast = self.nodes.new_zeros(())
        for rows in (batch.users.unique(), batch.positives.unique() + n_users):
            first, second = (shard.whole_rows(table.index_select(0, rows)) for table in (mean, one))
            agreement = losses.info_nce(
                first, second, config.temperature, config.contrastive_reduction
            )
            contrast = contrast + agreement
        return ranking + config.l2_weight * penalty + config.contrastive_weight * contrast


def xsimgcl_cost(config: XSimGCLConfig, problem: Problem) -> Cost:
    """Return what XSimGCL takes.

    One product a layer each way; the contrast is among the batch's distinct users, and among its
    distinct positives.
    """
    size, n_layers = config.embedding_size, config.n_layers

    def step(batch: Batch) -> Work:
        return (
            2 * n_layers * propagation(problem, size)
            + contrast(problem, batch.n_users, batch.n_users, size)
            + contrast(problem, batch.n_positives, batch.n_positives, size)
            + pair_loss(problem, batch, size)
            + pair_norms(problem, batch, size)
            # Of a layer, 6 turn its noise, and 9 add it, the layers and their gradients.
            + passes(problem, size, 15 * n_layers + 10)
        )

    return trained(problem, problem.n_nodes * size, size, step)


def xsimgcl_exchange(config: XSimGCLConfig, problem: Problem, batch: Batch) -> Exchange:
    """Return what XSimGCL exchanges: scores, the penalty, and whole rows of both layers."""
    rows = batch.n_users + batch.n_positives
    return Exchange(of_ranking(config, batch) + 1, 2 * rows * config.embedding_size)
