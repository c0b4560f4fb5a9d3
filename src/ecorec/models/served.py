"""What of a trained model has to be deployed: two tables of vectors, or weights between items."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from jaxtyping import Float
from numpy import ndarray
from scipy import sparse
from torch import Tensor

FoldInRule = Literal["sum", "unit-sum", "unit-sum-bias"]
"""How an unknown user's vector is made of their items' vectors: added up as they are, or each
brought to length one before; with a bias, the last column is the item's own and every user's 1."""


@dataclass(frozen=True, eq=False)
class Vectors:
    """Scores are inner products of a user's and an item's vector."""

    users: Float[Tensor, "users size"]
    items: Float[Tensor, "items size"]
    fold_in: FoldInRule = "unit-sum"
    """`sum` where that is what the model itself does."""


@dataclass(frozen=True, eq=False)
class SparseProduct:
    """Scores are rows of a product of two matrices, in the dtype of the second."""

    left: "sparse.csr_array[Any]"
    """A row for each user: the items of their history, or their neighbours."""
    right: "sparse.csr_array[Any] | Float[ndarray, 'rows items']"
    """A row for each column of `left`: weights towards items, or the neighbours' histories."""
    of_histories: bool
    """Whether `left` holds histories, so that anybody's history can be scored."""


@runtime_checkable
class Served(Protocol):
    """A model without embeddings that can be deployed without the model."""

    def served(self) -> Vectors | SparseProduct | None:
        """Return what scores; `None` if these settings need more than one product."""
        ...
