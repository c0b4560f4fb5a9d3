"""LightGCN: neighbourhood averaging with no weights and no non-linearity.

He et al., *LightGCN: Simplifying and Powering Graph Convolution Network for
Recommendation*, SIGIR 2020. Compared with the code that the paper ran, step by step, in
`tests/parity/test_reference_values.py`.
"""

import torch
from jaxtyping import Float
from pydantic import NonNegativeFloat
from torch import Tensor, nn

from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models import pairs
from ecorec.models.base import PropagationConfig, by_kind, xavier_table
from ecorec.models.ranking import RankingConfig, as_scored, ranking_loss


class LightGCNConfig(RankingConfig, PropagationConfig):
    """Hyper-parameters of LightGCN."""

    l2_weight: NonNegativeFloat = 1e-5
    """Weight of the squared norms of the batch's ego embeddings, per pair."""


class LightGCN(nn.Module):
    """User and item embeddings smoothed over the training graph."""

    def __init__(self, config: LightGCNConfig, graph: BipartiteGraph, rng: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.graph = graph
        self.nodes = xavier_table(graph, config.embedding_size, rng, "uniform")

    def _smoothed(self) -> Float[Tensor, "nodes size"]:
        n_layers = self.config.n_layers
        return self.graph.sum_layers(self.nodes, n_layers) / (n_layers + 1)

    def embed(self) -> tuple[Float[Tensor, "users size"], Float[Tensor, "items size"]]:
        """Return the mean of the ego embeddings and their `n_layers` propagations."""
        return by_kind(as_scored(self.config, self._smoothed()), self.graph.n_users)

    def loss(self, batch: PairBatch) -> Float[Tensor, ""]:
        """Return the ranking loss of the smoothed embeddings plus the penalty on ego embeddings."""
        n_users = self.graph.n_users
        ranking = ranking_loss(self.config, self._smoothed(), batch, n_users)
        penalty = pairs.squared_norms(self.nodes, batch.flat, n_users)
        return ranking + self.config.l2_weight * penalty
