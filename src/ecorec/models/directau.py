"""DirectAU: a user and their item close together, all users and all items far apart.

Wang et al., *Towards Representation Alignment and Uniformity in Collaborative Filtering*, KDD
2022; defaults of the authors' code. It reads no negatives, whatever `sampler` and
`n_negatives` say. Recomputed from the formula in `tests/parity/test_formulas.py`.
"""

import torch
from jaxtyping import Float
from pydantic import NonNegativeFloat, NonNegativeInt
from torch import Tensor, nn

from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.base import PropagationConfig, by_kind, xavier_table
from ecorec.models.cost import Cost, trained
from ecorec.models.exchange import Exchange
from ecorec.models.problem import Batch, Problem
from ecorec.models.uniformity import PASSES, uniformity
from ecorec.models.unit_rows import unit_rows
from ecorec.models.work import Work, gathered, passes, product, propagation


class DirectAUConfig(PropagationConfig):
    """Hyper-parameters of DirectAU."""

    n_layers: NonNegativeInt = 0
    """Propagation steps of the encoder: 0 is plain embeddings (MF), 2 or more LightGCN."""
    uniformity_weight: NonNegativeFloat = 0.5
    """Weight of the mean of the users' and the items' uniformity (gamma)."""
    l2_weight: NonNegativeFloat = 1e-6
    """Weight of half the squared norm of all parameters: what Adam's weight decay adds."""

    @property
    def needs_negatives(self) -> bool:
        """Whether the loss holds each pair against items that the user does not have."""
        return False

    @property
    def reads_negatives(self) -> bool:
        """Whether any term of the loss, such as a penalty, depends on the negatives."""
        return False


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
        encoded, nodes = self._encoded(), (batch.users, batch.positives + self.graph.n_users)
        chosen: list[Tensor] = []
        spread = self.nodes.new_zeros(())
        for of_kind in nodes:
            rows, inverse, counts = of_kind.unique(return_inverse=True, return_counts=True)
            distinct = unit_rows(shard.whole_rows(encoded.index_select(0, rows)))
            spread = spread + uniformity(distinct, counts.to(distinct.dtype)) / 2
            chosen.append(distinct.index_select(0, inverse))
        alignment = (chosen[0] - chosen[1]).square().sum(dim=1).mean()
        penalty = shard.summed(self.nodes.square().sum() / 2)
        return alignment + config.uniformity_weight * spread + config.l2_weight * penalty


def directau_cost(config: DirectAUConfig, problem: Problem) -> Cost:
    """Return what DirectAU takes.

    One product a layer each way; the batch's distinct users, and its distinct positives, are
    multiplied with themselves, and their scores with them. A single row is not.
    """
    size, n_layers = config.embedding_size, config.n_layers

    def step(batch: Batch) -> Work:
        kinds = (batch.n_users, batch.n_positives) if batch.n_pairs > 1 else ()
        chosen = 2 * batch.n_pairs * size
        scores = sum(rows**2 for rows in kinds)
        return (
            2 * n_layers * propagation(problem, size, plus=True)
            + gathered(problem, batch.n_users + batch.n_positives, size)
            + 2 * sum((product(problem, rows, size, rows) for rows in kinds), start=Work())
            + Work(streamed_bytes=PASSES * scores * problem.element_bytes)
            # Normalising and aligning the chosen rows, and the gradients of both.
            + Work(row_multiply_adds=6 * chosen, streamed_bytes=16 * chosen * problem.element_bytes)
            # The penalty and its gradient, the table of the chosen rows' gradients, their sum.
            + passes(problem, size, 9)
        )

    return trained(problem, problem.n_nodes * size, size, step)


def directau_exchange(config: DirectAUConfig, problem: Problem, batch: Batch) -> Exchange:
    """Return what DirectAU exchanges: the penalty, and whole rows of each kind's distinct nodes."""
    rows = batch.n_users + batch.n_positives
    return Exchange(summed=1, gathered=rows * config.embedding_size)
