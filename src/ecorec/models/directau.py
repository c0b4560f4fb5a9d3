"""DirectAU: a user and their item close together, all users and all items far apart.

Wang et al., *Towards Representation Alignment and Uniformity in Collaborative Filtering*, KDD
2022; defaults of the authors' code. No negatives: it ignores those of the batch. Recomputed from
the formula in `tests/parity/test_formulas.py`.
"""

import math

import torch
from jaxtyping import Float
from pydantic import NonNegativeFloat, NonNegativeInt
from torch import Tensor, nn
from torch.nn import functional

from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.base import PropagationConfig, by_kind, xavier_table
from ecorec.models.cost import Cost, trained
from ecorec.models.exchange import Exchange
from ecorec.models.problem import Batch, Problem
from ecorec.models.work import Work, gathered, passes, product, propagation


class DirectAUConfig(PropagationConfig):
    """Hyper-parameters of DirectAU."""

    n_layers: NonNegativeInt = 0
    """Propagation steps of the encoder: 0 is plain embeddings (MF), 2 or more LightGCN."""
    uniformity_weight: NonNegativeFloat = 0.5
    """Weight of the mean of the users' and the items' uniformity (gamma)."""
    l2_weight: NonNegativeFloat = 1e-6
    """Weight of half the squared norm of all parameters: what Adam's weight decay adds."""


class DirectAU(nn.Module):
    """Embeddings of length one that are aligned with their items and spread over the sphere."""

    def __init__(self, config: DirectAUConfig, graph: BipartiteGraph, rng: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.graph = graph
        self.nodes = xavier_table(graph, config.embedding_size, rng, "normal")

    def _encoded(self) -> Float[Tensor, "nodes size"]:
        n_layers = self.config.n_layers
        if not n_layers:
            return self.nodes
        return self.graph.sum_layers(self.nodes, n_layers, scale=1 / (n_layers + 1))

    def embed(self) -> tuple[Float[Tensor, "users size"], Float[Tensor, "items size"]]:
        """Return the encoder's embeddings, of any length: the authors score by inner product."""
        return by_kind(self._encoded(), self.graph.n_users)

    def loss(self, batch: PairBatch) -> Float[Tensor, ""]:
        """Return alignment plus weighted uniformity plus the penalty on all parameters."""
        config, shard = self.config, self.graph.shard
        rows = torch.cat([batch.users, batch.positives + self.graph.n_users])
        encoded = shard.whole_rows(self._encoded().index_select(0, rows))
        chosen = functional.normalize(encoded, dim=1)
        users, items = chosen.chunk(2)
        alignment = (users - items).square().sum(dim=1).mean()
        spread = (uniformity(users) + uniformity(items)) / 2
        penalty = shard.summed(self.nodes.square().sum() / 2)
        return alignment + config.uniformity_weight * spread + config.l2_weight * penalty


def uniformity(rows: Float[Tensor, "rows size"]) -> Float[Tensor, ""]:
    """Return log of the mean over all pairs of rows of exp(-2 squared distance).

    For rows of length one, squared distance is 2 - 2 x.y, so that one product of the rows with
    themselves gives all pairs. A single row has no pair, and nothing to be spread: zero.

    Args:
        rows: Of length one.
    """
    n_rows = rows.shape[0]
    if n_rows < 2:
        return rows.sum() * 0.0
    exponents = 4 * (rows @ rows.T) - 4
    itself = torch.eye(n_rows, dtype=torch.bool, device=rows.device)
    exponents = exponents.masked_fill(itself, -math.inf)
    return exponents.flatten().logsumexp(dim=0) - math.log(n_rows * (n_rows - 1))


UNIFORMITY_PASSES = 22
"""Times that uniformity reads or writes its scores beside their three products: each elementwise
step writes a copy, and the gradient goes back through each."""


def directau_cost(config: DirectAUConfig, problem: Problem) -> Cost:
    """Return what DirectAU takes.

    One product a layer each way; the batch's users, and its positives, are multiplied with
    themselves, repeated rows each time. A single row is not.
    """
    size, n_layers = config.embedding_size, config.n_layers

    def step(batch: Batch) -> Work:
        rows = batch.n_pairs if batch.n_pairs > 1 else 0
        chosen = 2 * batch.n_pairs * size
        return (
            2 * n_layers * propagation(problem, size, plus=True)
            + gathered(problem, 2 * batch.n_pairs, size)
            + 6 * product(problem, rows, size, rows)
            + Work(streamed_bytes=2 * UNIFORMITY_PASSES * rows**2 * problem.element_bytes)
            # Normalising and aligning the chosen rows, and the gradients of both.
            + Work(row_multiply_adds=6 * chosen, streamed_bytes=16 * chosen * problem.element_bytes)
            # The penalty and its gradient, the table of the chosen rows' gradients, their sum.
            + passes(problem, size, 9)
        )

    return trained(problem, problem.n_nodes * size, size, step)


def directau_exchange(config: DirectAUConfig, batch: Batch) -> Exchange:
    """Return what DirectAU exchanges: the penalty, and whole rows of the pairs."""
    return Exchange(summed=1, gathered=2 * batch.n_pairs * config.embedding_size)
