"""What the rest of the program asks of a model, and the small things that models share."""

from typing import Literal, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int64
from pydantic import NonNegativeInt, PositiveInt
from torch import Tensor, nn

from ecorec.config import Config
from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph


@runtime_checkable
class TrainingFree(Protocol):
    """A model that is ready once it was fitted in closed form."""

    def fit(self, graph: BipartiteGraph) -> None:
        """Learn from the training interactions, forgetting any earlier fit."""
        ...

    def scores(self, users: Int64[Tensor, " batch"]) -> Float[Tensor, "batch items"]:
        """Return the score of every item for each of these users."""
        ...


@runtime_checkable
class RedrawnEachEpoch(Protocol):
    """A model that draws something which stays for an epoch, such as sub-graphs."""

    def begin_epoch(self) -> None:
        """Draw it anew."""
        ...


class EmbeddingConfig(Config):
    """Settings that every embedding model has."""

    embedding_size: PositiveInt = 64
    """Width of the user and item embeddings."""

    @property
    def needs_negatives(self) -> bool:
        """Whether the loss holds each pair against items that the user does not have."""
        return True

    @property
    def reads_negatives(self) -> bool:
        """Whether any term of the loss, such as a penalty, depends on the negatives."""
        return True


class PropagationConfig(EmbeddingConfig):
    """Settings that every model has whose embeddings are propagated over the graph."""

    n_layers: NonNegativeInt = 2
    """Propagation steps over the graph."""


def xavier_table(
    graph: BipartiteGraph,
    size: int,
    rng: torch.Generator,
    distribution: Literal["uniform", "normal"],
) -> nn.Parameter:
    """Return initial embeddings of all nodes, users first, shape (users + items, own columns).

    Users and items are two tables as far as the scale is concerned: Glorot and Bengio's
    (2010) variance is 2 / (rows + size) for each. Drawn in float32 on the CPU, so that the
    dtype and the device of a run do not change where it starts; whole, then cut, so that the
    number of processes does not either.
    """
    table = torch.empty(graph.n_nodes, size)
    for rows in table.split([graph.n_users, graph.n_items]):
        if distribution == "uniform":
            nn.init.xavier_uniform_(rows, generator=rng)
        else:
            nn.init.xavier_normal_(rows, generator=rng)
    return nn.Parameter(graph.placed(table))


def batch_rows(
    nodes: Float[Tensor, "nodes size"], batch: PairBatch, n_users: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the rows of the batch's users, positives and negatives, the last flattened.

    One gather from the table of all nodes, hence one scatter on the way back, instead of
    three into separate tables that are then joined.
    """
    groups = batch.nodes(n_users)
    rows = nodes.index_select(0, torch.cat(groups))
    users, positives, negatives = rows.split([group.numel() for group in groups])
    return users, positives, negatives


def by_kind(
    nodes: Float[Tensor, "nodes size"], n_users: int
) -> tuple[Float[Tensor, "users size"], Float[Tensor, "items size"]]:
    """Return the users' and the items' part of a table of all nodes."""
    return nodes[:n_users], nodes[n_users:]
