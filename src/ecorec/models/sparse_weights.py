"""What models share that add up weights from a user's items to all others."""

from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

from jaxtyping import Float, Int64
from scipy import sparse
from torch import Tensor

from ecorec.config import Config
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.neighbours import SparseScores, nothing, packed, unpacked
from ecorec.models.served import SparseProduct

Settings = TypeVar("Settings", bound=Config)


class ItemWeights(ABC, Generic[Settings]):
    """A sparse table of weights between items; a score is the sum over the user's items."""

    def __init__(self, config: Settings) -> None:
        self.config = config
        self._weights = nothing()

    @abstractmethod
    def weigh(self, graph: BipartiteGraph) -> "sparse.csr_array[Any]":
        """Return the weights: those of row i are what having item i adds to the others."""

    def fit(self, graph: BipartiteGraph) -> None:
        """Find the weights, forgetting any earlier ones."""
        self._use(self.weigh(graph), graph)

    def _use(self, weights: "sparse.csr_array[Any]", graph: BipartiteGraph) -> None:
        self._weights = weights
        self._scorer = SparseScores(graph.interactions(), weights, graph)

    def scores(self, users: Int64[Tensor, " batch"]) -> Float[Tensor, "batch items"]:
        """Return, for each item, the summed weights of the user's items towards it."""
        return self._scorer.scores(users)

    def served(self) -> SparseProduct:
        """Return what is deployed: histories and weights."""
        return self._scorer.served()

    @property
    def n_parameters(self) -> int:
        """Weights that are kept."""
        return int(self._weights.nnz)

    def state(self) -> dict[str, Tensor]:
        """Return the weights, for a checkpoint."""
        return packed(self._weights)

    def restore(self, state: dict[str, Tensor], graph: BipartiteGraph) -> None:
        """Take over the weights from a checkpoint."""
        self._use(unpacked(state, graph.n_items), graph)
