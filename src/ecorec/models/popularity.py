"""Popularity: the same list for everyone, most interactions first.

The floor under every study: a model that does not beat it has learned nothing personal.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from ecorec.config import Config
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.cost import Cost, cost_of
from ecorec.models.problem import Problem
from ecorec.models.served import Vectors
from ecorec.models.work import INDEX_BYTES, Work


class PopularityConfig(Config):
    """Popularity has no hyper-parameters."""


class Popularity:
    """Items ranked by their number of training interactions."""

    def __init__(self, config: PopularityConfig) -> None:
        self.config = config
        self.counts: Tensor = torch.zeros(0)
        self._n_users = 0

    def fit(self, graph: BipartiteGraph) -> None:
        """Count each item's training interactions."""
        counts = graph.interactions().sum(axis=0)
        self.counts = torch.from_numpy(counts).to(graph.device, graph.dtype)
        self._n_users = graph.n_users

    def scores(self, users: Int64[Tensor, " batch"]) -> Float[Tensor, "batch items"]:
        """Return the items' counts, the same for every user."""
        return self.counts.expand(users.shape[0], -1)

    def served(self) -> Vectors:
        """Return what is deployed: vectors of one number, ones and the items' counts."""
        ones = torch.ones(self._n_users, 1, dtype=self.counts.dtype)
        return Vectors(ones, self.counts[:, None])

    @property
    def n_parameters(self) -> int:
        """One count an item."""
        return self.counts.numel()

    def state(self) -> dict[str, Tensor]:
        """Return what was learned, for a checkpoint."""
        return {"counts": self.counts}

    def restore(self, state: dict[str, Tensor], graph: BipartiteGraph) -> None:
        """Take over what was learned from a checkpoint."""
        self.counts = state["counts"].to(graph.device, graph.dtype)
        self._n_users = graph.n_users


def popularity_cost(_: PopularityConfig, problem: Problem) -> Cost:
    """Return what counting takes: every interaction is read once and added to its item."""
    return cost_of(
        Work(
            sparse_multiply_adds=problem.n_interactions,
            streamed_bytes=(INDEX_BYTES + 8) * problem.n_interactions,
        ),
        n_parameters=problem.n_items,
        multiply_adds_per_recommendation=0,
        bytes_per_recommendation=problem.element_bytes * problem.n_items,
    )
