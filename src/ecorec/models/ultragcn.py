"""UltraGCN: what infinitely many propagations would do, as weights in the loss of plain embeddings.

Mao et al., *UltraGCN: Ultra Simplification of Graph Convolutional Networks for
Recommendation*, CIKM 2021; defaults of the authors' code for Gowalla, whose number of negatives
is a training setting here. The authors sum every term over the batch where this takes the mean,
which leaves the weights as they are. Recomputed from the formula in
`tests/parity/test_formulas.py`.
"""

import numpy as np
import torch
from jaxtyping import Float
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat
from torch import Tensor, nn
from torch.nn import functional

from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models import losses
from ecorec.models.base import EmbeddingConfig, by_kind
from ecorec.models.chosen_scores import chosen_scores
from ecorec.models.cost import Cost, trained
from ecorec.models.exchange import Exchange
from ecorec.models.item_graph import strongest_neighbours
from ecorec.models.problem import Batch, Problem
from ecorec.models.ranking import scores
from ecorec.models.work import Work, chosen, gathered, pair_scores, passes


class UltraGCNConfig(EmbeddingConfig):
    """Hyper-parameters of UltraGCN."""

    w1: NonNegativeFloat = 1e-6
    """Weight of every positive."""
    w2: NonNegativeFloat = 1.0
    """Weight of a positive by the degrees of its user and item, on top of `w1`."""
    w3: NonNegativeFloat = 1e-6
    """Weight of every negative."""
    w4: NonNegativeFloat = 1.0
    """Weight of a negative by the degrees of its user and item, on top of `w3`."""
    negative_weight: NonNegativeFloat = 300.0
    """Weight of the mean over a pair's negatives, against its one positive."""
    n_neighbours: NonNegativeInt = 10
    """Neighbours of each item in the graph of common users; 0 leaves that graph out."""
    item_weight: NonNegativeFloat = 5e-4
    """Weight of the term of those neighbours, a sum over them and a mean over pairs (lambda)."""
    l2_weight: NonNegativeFloat = 1e-4
    """Weight of half the squared norm of all parameters, per pair (gamma)."""
    init_std: PositiveFloat = 1e-4
    """Standard deviation of the initial embeddings."""


class UltraGCN(nn.Module):
    """One embedding for each user and each item, trained with the graph in the loss."""

    def __init__(self, config: UltraGCNConfig, graph: BipartiteGraph, rng: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.n_users = graph.n_users
        self.shard = graph.shard
        table = torch.randn(graph.n_nodes, config.embedding_size, generator=rng)
        self.nodes = nn.Parameter(graph.placed(table * config.init_std))
        degrees = np.diff(graph.adjacency.indptr)
        of_users, of_items = degrees[: graph.n_users], degrees[graph.n_users :]

        def tensor(values: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> Tensor:
            return torch.from_numpy(values).to(graph.device, graph.dtype)

        # The paper's beta of a user and an item is the product of both.
        self.beta_users = tensor(np.sqrt(of_users + 1) / np.maximum(of_users, 1))
        self.beta_items = tensor(1 / np.sqrt(of_items + 1))
        if config.n_neighbours:
            self.neighbours, self.neighbour_weights = strongest_neighbours(
                graph, config.n_neighbours
            )

    def embed(self) -> tuple[Float[Tensor, "users size"], Float[Tensor, "items size"]]:
        """Return the embeddings as they are."""
        return by_kind(self.nodes, self.n_users)

    def loss(self, batch: PairBatch) -> Float[Tensor, ""]:
        """Return the weighted cross-entropy, the term of neighbouring items, and the penalty."""
        config = self.config
        users, items = by_kind(self.nodes, self.n_users)
        positives, negatives = scores(users, items, batch, self.shard)
        beta = self.beta_users[batch.users]
        liked = config.w1 + config.w2 * beta * self.beta_items[batch.positives]
        other = batch.negatives.reshape(negatives.shape)
        unliked = config.w3 + config.w4 * beta[:, None] * self.beta_items[other]
        of_positives = liked * functional.softplus(-positives)
        of_negatives = (unliked * functional.softplus(negatives)).mean(dim=1)
        ranking = (of_positives + config.negative_weight * of_negatives).mean()
        penalty = self.shard.summed(self.nodes.square().sum() / (2 * batch.users.numel()))
        loss = ranking + config.l2_weight * penalty
        if not config.n_neighbours:
            return loss
        return loss + config.item_weight * self._of_neighbours(users, items, batch)

    def _of_neighbours(
        self,
        users: Float[Tensor, "users size"],
        items: Float[Tensor, "items size"],
        batch: PairBatch,
    ) -> Float[Tensor, ""]:
        """Return the mean over pairs of the weighted sum over the positive's neighbours."""
        rows = users.index_select(0, batch.users)
        found = self.shard.summed(chosen_scores(rows, items, self.neighbours[batch.positives]))
        return losses.dot(
            self.neighbour_weights[batch.positives], functional.softplus(-found)
        ).mean()


def ultragcn_cost(config: UltraGCNConfig, problem: Problem) -> Cost:
    """Return what UltraGCN takes; its graph of items, made once a run, is not in an epoch.

    No product with the adjacency: scores of the batch's positives and negatives, and of each
    positive's neighbours.
    """
    size = config.embedding_size
    n_neighbours = min(config.n_neighbours, problem.n_items)

    def step(batch: Batch) -> Work:
        # The penalty and its gradient, two tables for users and items each, and their sum.
        work = pair_scores(problem, batch, size) + passes(problem, size, 12)
        if not n_neighbours:
            return work
        near = chosen(problem, batch.n_pairs, n_neighbours, size)
        return work + gathered(problem, batch.n_pairs, size) + near

    return trained(problem, problem.n_nodes * size, size, step)


def ultragcn_exchange(config: UltraGCNConfig, problem: Problem, batch: Batch) -> Exchange:
    """Return what UltraGCN exchanges: scores of pairs and of neighbouring items, the penalty."""
    n_neighbours = min(config.n_neighbours, problem.n_items)
    return Exchange(summed=batch.n_pairs * (1 + batch.n_negatives + n_neighbours) + 1)
