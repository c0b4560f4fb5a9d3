"""BPR-MF: matrix factorisation trained to rank; what a graph network is without its graph.

Rendle et al., *BPR: Bayesian Personalized Ranking from Implicit Feedback*, UAI 2009. With
`ranking_loss = "ccl"` it is SimpleX without its average of the user's items (Mao et al., CIKM
2021). Recomputed from the formula in `tests/parity/test_formulas.py`.
"""

import torch
from jaxtyping import Float
from pydantic import NonNegativeFloat
from torch import Tensor, nn

from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models import pairs
from ecorec.models.base import EmbeddingConfig, by_kind, xavier_table
from ecorec.models.cost import Cost, trained
from ecorec.models.exchange import Exchange, of_ranking
from ecorec.models.problem import Batch, Problem
from ecorec.models.ranking import RankingConfig, as_scored, ranking_loss
from ecorec.models.work import Work, pair_loss, pair_norms, passes


class BPRMFConfig(RankingConfig, EmbeddingConfig):
    """Hyper-parameters of BPR-MF."""

    l2_weight: NonNegativeFloat = 1e-5
    """Weight of half the squared norms of the batch's embeddings, per pair; as in LightGCN."""


class BPRMF(nn.Module):
    """One embedding for each user and each item, and nothing else."""

    def __init__(self, config: BPRMFConfig, graph: BipartiteGraph, rng: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.n_users = graph.n_users
        self.shard = graph.shard
        self.nodes = xavier_table(graph, config.embedding_size, rng, "normal")

    def embed(self) -> tuple[Float[Tensor, "users size"], Float[Tensor, "items size"]]:
        """Return the embeddings as they are."""
        return by_kind(as_scored(self.config, self.nodes), self.n_users)

    def loss(self, batch: PairBatch) -> Float[Tensor, ""]:
        """Return the ranking loss plus the penalty on the batch's embeddings."""
        ranking = ranking_loss(self.config, self.nodes, batch, self.n_users, self.shard)
        penalty = pairs.squared_norms(self.nodes, batch.flat, self.n_users, self.shard)
        return ranking + self.config.l2_weight * penalty


def bpr_mf_cost(config: BPRMFConfig, problem: Problem) -> Cost:
    """Return what BPR-MF takes: loops over pairs, and no product."""
    size = config.embedding_size

    def step(batch: Batch) -> Work:
        return (
            pair_loss(problem, batch, size)
            + pair_norms(problem, batch, size)
            # The penalty's gradient is weighted, then added to that of the ranking.
            + passes(problem, size, 5)
        )

    return trained(problem, problem.n_nodes * size, size, step)


def bpr_mf_exchange(config: BPRMFConfig, problem: Problem, batch: Batch) -> Exchange:
    """Return what BPR-MF exchanges: scores, and the penalty."""
    return Exchange(summed=of_ranking(config, batch) + 1)
