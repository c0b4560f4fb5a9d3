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
from ecorec.graph.reach import EVERYONE, Reach
from ecorec.models import pairs
from ecorec.models.base import PropagationConfig, by_kind, xavier_table
from ecorec.models.cost import Cost, trained
from ecorec.models.exchange import Exchange, of_ranking
from ecorec.models.problem import Batch, Problem
from ecorec.models.ranking import RankingConfig, as_scored, ranking_loss, seen_by
from ecorec.models.work import Work, pair_loss, pair_norms, passes, propagation


class LightGCNConfig(RankingConfig, PropagationConfig):
    """Hyper-parameters of LightGCN."""

    l2_weight: NonNegativeFloat = 1e-5
    """Weight of half the squared norms of the batch's ego embeddings, per pair."""


class LightGCN(nn.Module):
    """User and item embeddings smoothed over the training graph."""

    def __init__(self, config: LightGCNConfig, graph: BipartiteGraph, rng: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.graph = graph
        self.nodes = xavier_table(graph, config.embedding_size, rng, "uniform")

    def _smoothed(self, seen: Reach = EVERYONE) -> Float[Tensor, "nodes size"]:
        n_layers = self.config.n_layers
        return self.graph.sum_layers(self.nodes, n_layers, scale=1 / (n_layers + 1), seen=seen)

    def embed(self) -> tuple[Float[Tensor, "users size"], Float[Tensor, "items size"]]:
        """Return the mean of the ego embeddings and their `n_layers` propagations."""
        return by_kind(as_scored(self.config, self._smoothed()), self.graph.n_users)

    def loss(self, batch: PairBatch) -> Float[Tensor, ""]:
        """Return the ranking loss of the smoothed embeddings plus the penalty on ego embeddings."""
        n_users, shard = self.graph.n_users, self.graph.shard
        seen = seen_by(self.config, self.graph, batch, self.config.n_layers)
        ranking = ranking_loss(self.config, self._smoothed(seen), batch, n_users, shard)
        penalty = pairs.squared_norms(self.nodes, batch.flat, n_users, shard)
        return ranking + self.config.l2_weight * penalty


def lightgcn_cost(config: LightGCNConfig, problem: Problem) -> Cost:
    """Return what LightGCN takes: one product a layer each way, and loops over pairs."""
    size = config.embedding_size

    def step(batch: Batch) -> Work:
        return (
            2 * config.n_layers * propagation(problem, size, plus=True)
            + pair_loss(problem, batch, size)
            + pair_norms(problem, batch, size)
            + passes(problem, size, 7)
        )

    return trained(problem, problem.n_nodes * size, size, step)


def lightgcn_exchange(config: LightGCNConfig, problem: Problem, batch: Batch) -> Exchange:
    """Return what LightGCN exchanges: scores, and the penalty; propagation needs nothing."""
    return Exchange(summed=of_ranking(config, batch) + 1)
