"""What models take that are fitted without a loop: products of sparse matrices, and factors.

Counts follow from a problem's sizes. Where the amount depends on which items are on whose lists,
a function says so and returns the most it can be, or that of a user of mean activity.
"""

from ecorec.models.cost import Cost, cost_of
from ecorec.models.factors import OVERSAMPLING
from ecorec.models.problem import Count, Problem
from ecorec.models.work import INDEX_BYTES, Work

ENTRY_BYTES = 12
"""Of a sparse matrix in scipy: a column's number and a float64."""


def item_item_product(problem: Problem) -> Work:
    """Return one product of items x users with users x items: each user's pairs of items."""
    return _pairs(problem, problem.squared_degrees)


def user_user_product(problem: Problem) -> Work:
    """Return one product of users x items with items x users: each item's pairs of users."""
    return _pairs(problem, problem.squared_item_degrees)


def _pairs(problem: Problem, n_pairs: Count) -> Work:
    table = ENTRY_BYTES * problem.n_interactions
    return Work(
        sparse_multiply_adds=n_pairs,
        random_bytes=ENTRY_BYTES * n_pairs,
        streamed_bytes=table,
        table_bytes=table,
    )


def most_item_pairs(problem: Problem) -> int:
    """Return how many ordered pairs of different items can have a common user at most."""
    of_users = int(problem.squared_degrees) - problem.n_interactions
    return max(0, min(problem.n_items * (problem.n_items - 1), of_users))


def mean_history(problem: Problem) -> float:
    """Return the items of a user of mean activity."""
    return problem.n_interactions / problem.n_users


def mean_row(problem: Problem, n_entries: Count) -> Count:
    """Return what is read of an item's row in an items x items matrix with so many entries.

    `neighbours.compact` makes the matrix dense where that takes less memory.
    """
    return n_entries / problem.n_items if _is_sparse(problem, n_entries) else problem.n_items


def entry_bytes(problem: Problem, n_entries: Count) -> int:
    """Return what one number of such a row takes to read."""
    return ENTRY_BYTES if _is_sparse(problem, n_entries) else problem.element_bytes


def _is_sparse(problem: Problem, n_entries: Count) -> bool:
    number = problem.element_bytes
    return (number + INDEX_BYTES) * n_entries < number * problem.n_items**2


def sparse_cost(
    problem: Problem,
    fit: Work,
    *,
    n_parameters: int,
    summed: Count,
    each: int = ENTRY_BYTES,
    in_tables: Count = 0,
) -> Cost:
    """Return the cost of a model that scores by summing entries of sparse rows.

    Args:
        problem: Sizes.
        fit: The whole fit.
        n_parameters: Entries that are kept, at most.
        summed: Entries that are summed for one user.
        each: Bytes of such an entry.
        in_tables: Numbers of dense tables that are multiplied on top.
    """
    moved = each * summed + problem.element_bytes * in_tables
    return cost_of(
        fit,
        n_parameters=n_parameters,
        multiply_adds_per_recommendation=summed + in_tables,
        bytes_per_recommendation=moved + 8 * problem.n_items,
    )


def factors_cost(problem: Problem, fit: Work, width: int) -> Cost:
    """Return the cost of a model whose score is the inner product of rows of two tables.

    Args:
        problem: Sizes.
        fit: The whole fit.
        width: Columns of the tables.
    """
    return cost_of(
        fit,
        n_parameters=problem.n_nodes * width,
        multiply_adds_per_recommendation=problem.n_items * width,
        bytes_per_recommendation=problem.element_bytes
        * ((problem.n_items + 1) * width + problem.n_items),
    )


def thin_product(problem: Problem, width: int) -> Work:
    """Return one product of the interactions, or of their transpose, with so many columns."""
    number = problem.element_bytes
    moved = (INDEX_BYTES + number) * problem.n_interactions
    return Work(
        sparse_multiply_adds=problem.n_interactions * width,
        random_bytes=problem.n_interactions * width * number,
        streamed_bytes=moved + problem.n_nodes * width * number,
        table_bytes=max(problem.n_users, problem.n_items) * width * number,
    )


def decomposition(problem: Problem, rank: int, n_rounds: int) -> Work:
    """Return `factors.right_singular_vectors`.

    LAPACK's counts, of the highest powers: m w^2 - w^3 / 3 for the factors of an m x w matrix by
    Householder's reflections and as much for their product Q; 3 w^3, an upper bound, for all
    eigenvectors of a symmetric w x w matrix (tridiagonal form, divide and conquer, back).
    """
    n_users, n_items, number = problem.n_users, problem.n_items, problem.element_bytes
    width = min(rank + OVERSAMPLING, n_users, n_items)
    orthonormal = Work(
        dense_multiply_adds=2 * (n_items * width**2 - width**3 / 3),
        # Read and written by either half, and copied in and out.
        streamed_bytes=8 * n_items * width * number,
    )
    chosen = min(rank, width)
    best_within = Work(
        dense_multiply_adds=n_users * width**2 + 3 * width**3 + n_items * width * chosen,
        streamed_bytes=(2 * n_users * width + n_items * (width + 3 * chosen)) * number,
    )
    return (
        (2 * n_rounds + 1) * thin_product(problem, width)
        + (n_rounds + 1) * orthonormal
        + best_within
    )
