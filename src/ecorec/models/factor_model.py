"""What models share that score by inner products of factors and are fitted without epochs."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from jaxtyping import Float, Int64
from torch import Tensor

from ecorec.config import Config
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.factors import Factors
from ecorec.models.served import Vectors

Settings = TypeVar("Settings", bound=Config)


class FactorModel(ABC, Generic[Settings]):
    """A table of user factors and one of item factors."""

    def __init__(self, config: Settings) -> None:
        self.config = config
        self._factors = Factors.nothing()

    @abstractmethod
    def factorise(self, graph: BipartiteGraph) -> Factors:
        """Return the factors of the interactions."""

    def fit(self, graph: BipartiteGraph) -> None:
        """Find the factors, forgetting any earlier ones."""
        self._factors = self.factorise(graph)

    def scores(self, users: Int64[Tensor, " batch"]) -> Float[Tensor, "batch items"]:
        """Return the inner product of these users with every item."""
        return self._factors.scores(users)

    def served(self) -> Vectors:
        """Return what is deployed: both tables."""
        return self._factors.served()

    @property
    def n_parameters(self) -> int:
        """Entries of both tables."""
        return self._factors.n_parameters

    def state(self) -> dict[str, Tensor]:
        """Return both tables, for a checkpoint."""
        return self._factors.state()

    def restore(self, state: dict[str, Tensor], graph: BipartiteGraph) -> None:
        """Take over both tables from a checkpoint."""
        self._factors = Factors.restored(state, graph)
