"""What models share that are one sparse table of weights, between items or between users."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

from jaxtyping import Float, Int64
from scipy import sparse
from torch import Tensor

from ecorec.config import Config
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.neighbours import SparseScores, nothing, packed, unpacked
from ecorec.models.served import SparseProduct

Settings = TypeVar("Settings", bound=Config)


class SparseWeights(ABC, Generic[Settings]):
    """A sparse table of weights, which a score adds up."""

    between_users: ClassVar[bool]
    """Whether weights are between users; else between items."""

    def __init__(self, config: Settings) -> None:
        self.config = config
        self._weights = nothing()

    @abstractmethod
    def weigh(self, graph: BipartiteGraph) -> "sparse.csr_array[Any]":
        """Return the weights, one row for each item, or for each user."""

    def fit(self, graph: BipartiteGraph) -> None:
        """Find the weights, forgetting any earlier ones."""
        self._use(self.weigh(graph), graph)

    def _use(self, weights: "sparse.csr_array[Any]", graph: BipartiteGraph) -> None:
        self._weights = weights
        history = graph.interactions()
        factors = (weights, history) if self.between_users else (history, weights)
        self._scorer = SparseScores(*factors, graph)

    def scores(self, users: Int64[Tensor, " batch"]) -> Float[Tensor, "batch items"]:
        """Return the score of every item for each of these users."""
        return self._scorer.scores(users)

    def served(self) -> SparseProduct:
        """Return what is deployed: the two matrices whose product scores."""
        return self._scorer.served(of_histories=not self.between_users)

    @property
    def n_parameters(self) -> int:
        """Weights that are kept."""
        return int(self._weights.nnz)

    def state(self) -> dict[str, Tensor]:
        """Return the weights, for a checkpoint."""
        return packed(self._weights)

    def restore(self, state: dict[str, Tensor], graph: BipartiteGraph) -> None:
        """Take over the weights from a checkpoint."""
        self._use(unpacked(state, graph.n_users if self.between_users else graph.n_items), graph)


class ItemWeights(SparseWeights[Settings]):
    """Weights between items: row i is what having item i adds to the scores of the others."""

    between_users = False


class UserWeights(SparseWeights[Settings]):
    """Weights between users: row u is what the items of each other user add to u's scores."""

    between_users = True
