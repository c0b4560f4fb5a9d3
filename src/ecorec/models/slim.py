"""SLIM: sparse, non-negative weights between items, each item's by its own elastic net.

Ning and Karypis, *SLIM: Sparse Linear Methods for Top-N Recommender Systems*, ICDM 2011,
equation 4, with the weights of the regularisers that the authors' library takes by default.
Coordinate descent on the sparse Gram matrix, one thread an item. Checked against the conditions
of the optimum and dense linear algebra in `tests/models/test_training_free.py`.
"""

from typing import Any, no_type_check

import numba
import numpy as np
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt
from scipy import sparse

from ecorec.config import Config
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.cost import Cost
from ecorec.models.fit_cost import (
    entry_bytes,
    item_item_product,
    mean_history,
    mean_row,
    most_item_pairs,
    sparse_cost,
)
from ecorec.models.neighbours import strongest
from ecorec.models.problem import Problem
from ecorec.models.sparse_weights import ItemWeights
from ecorec.models.work import Work

ITEMS_PER_BLOCK = 256
"""Items whose weights exist before zeros are dropped."""


class SLIMConfig(Config):
    """Hyper-parameters of SLIM."""

    l1_weight: NonNegativeFloat = 1.0
    """Of the sum of the weights: larger is sparser (the paper's lambda)."""
    l2_weight: PositiveFloat = 1.0
    """Of half the sum of squared weights (the paper's beta)."""
    tolerance: PositiveFloat = 1e-4
    """Largest change of a weight in a round over an item's weights with which it ends."""
    n_rounds: PositiveInt = 100
    """Most rounds over all of an item's weights, and after each over those above zero."""


class SLIM(ItemWeights[SLIMConfig]):
    """A history times non-negative weights, few of them other than zero."""

    def weigh(self, graph: BipartiteGraph) -> "sparse.csr_array[Any]":
        """Regress each item on the others."""
        history = graph.interactions()
        gram = strongest(history.T.tocsr(), history, None, with_self=True)
        diagonal, blocks = gram.diagonal(), []
        for start in range(0, graph.n_items, ITEMS_PER_BLOCK):
            size = min(ITEMS_PER_BLOCK, graph.n_items - start)
            found = np.zeros((size, graph.n_items))
            _descend(
                *(gram.indptr, gram.indices, gram.data, diagonal, start),
                *(self.config.l1_weight, self.config.l2_weight, self.config.tolerance),
                *(self.config.n_rounds, numba.get_num_threads(), found),
            )
            blocks.append(sparse.csr_array(found))
        # Row j holds the weights that explain j; scoring reads them by column.
        return sparse.csr_array(sparse.vstack(blocks)).T.tocsr()


@no_type_check
@numba.njit(nogil=True, cache=True)
def _round(
    indptr: Any, indices: Any, values: Any, diagonal: Any, l1: Any, l2: Any,
    candidates: Any, only_positive: Any, weights: Any, residual: Any,
) -> Any:  # fmt: skip
    """Set each weight to its optimum given the others; return the largest change."""
    largest = 0.0
    for item in candidates:
        old = weights[item]
        if only_positive and old == 0:
            continue
        new = max(0.0, (residual[item] + diagonal[item] * old - l1) / (diagonal[item] + l2))
        if new == old:
            continue
        weights[item] = new
        largest = max(largest, abs(new - old))
        for edge in range(indptr[item], indptr[item + 1]):
            residual[indices[edge]] -= (new - old) * values[edge]
    return largest


@no_type_check
@numba.njit(parallel=True, nogil=True, cache=True)
def _descend(
    indptr: Any, indices: Any, values: Any, diagonal: Any, start: Any, l1: Any, l2: Any,
    tolerance: Any, n_rounds: Any, n_tasks: Any, found: Any,
) -> None:  # fmt: skip
    for task in numba.prange(n_tasks):
        # Correlation of each item with what the weights leave unexplained.
        residual = np.zeros(diagonal.size)
        candidates = np.empty(diagonal.size, dtype=np.int64)
        for at in range(task, found.shape[0], n_tasks):
            target = start + at
            residual[:] = 0
            n = 0
            for edge in range(indptr[target], indptr[target + 1]):
                residual[indices[edge]] = values[edge]
                # No weight makes another's residual larger: below l1 at first, zero for good.
                if indices[edge] != target and values[edge] > l1:
                    candidates[n] = indices[edge]
                    n += 1
            for _ in range(n_rounds):
                change = _round(
                    indptr, indices, values, diagonal, l1, l2,
                    candidates[:n], False, found[at], residual,
                )  # fmt: skip
                if change < tolerance:
                    break
                for _ in range(n_rounds):
                    change = _round(
                        indptr, indices, values, diagonal, l1, l2,
                        candidates[:n], True, found[at], residual,
                    )  # fmt: skip
                    if change < tolerance:
                        break


UPDATE_BYTES = 24
"""Of an entry of the Gram matrix in a round: a column's number, a value, and a residual, read and
written."""


def slim_cost(_: SLIMConfig, problem: Problem) -> Cost:
    """Return what SLIM takes, as far as sizes tell: an estimate, not a count.

    The Gram matrix has a multiply-add for every pair of items of every user. The descent depends
    on the data: a changed weight costs a row of that matrix. Counted is one round in which each
    item's every weight changes, with as many pairs of items with a common user as there can be;
    later rounds add to that, weights that are zero and stay so cost nothing. With the default
    settings, updates of residuals were twice as many on movietweetings and on a denser power law.
    Weights, and what a recommendation sums, are the most that there can be.
    """
    n_pairs = most_item_pairs(problem)
    n_entries = n_pairs + problem.n_items
    updates = n_pairs * n_entries / problem.n_items
    descent = Work(
        sparse_multiply_adds=updates,
        random_bytes=UPDATE_BYTES * updates,
        streamed_bytes=3 * 8 * problem.n_items**2,
        table_bytes=8 * problem.n_items,
    )
    return sparse_cost(
        problem,
        item_item_product(problem) + descent,
        n_parameters=n_pairs,
        summed=mean_history(problem) * mean_row(problem, n_pairs),
        each=entry_bytes(problem, n_pairs),
    )
