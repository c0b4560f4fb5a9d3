"""What can be ranked: anything that scores all items for some users."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaxtyping import Float, Int64
from torch import Tensor


@runtime_checkable
class Scorer(Protocol):
    """Anything that can score all items for some users."""

    def scores(self, users: Int64[Tensor, " batch"]) -> Float[Tensor, "batch items"]:
        """Return the score of every item for each of these users."""
        ...


@dataclass(frozen=True, eq=False)
class EmbeddingScorer:
    """Scores as inner products of user and item embeddings."""

    users: Float[Tensor, "users size"]
    items: Float[Tensor, "items size"]

    def scores(self, users: Int64[Tensor, " batch"]) -> Float[Tensor, "batch items"]:
        """Return the inner product of these users with every item."""
        return self.users[users] @ self.items.T
