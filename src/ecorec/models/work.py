"""What the parts of a training step take: the terms from which models build their cost.

A multiply-add is one multiplication and one addition. Bytes are those that a step must move
when nothing stays in a cache from one loop to the next; rows that are read at random places are
kept apart from tables that are streamed through, because machines do the two at other rates.
"""

from dataclasses import dataclass

from ecorec.graph.layout import layout
from ecorec.models.chosen_scores import scored_at_once
from ecorec.models.problem import Batch, Count, Problem

INDEX_BYTES = 4
"""Of a neighbour's number."""

SCORE_PASSES = 6
"""Times that a contrast reads or writes its scores: written by the product, raised to a power,
summed, and read by the two products that give the gradients."""

SHIFT_PASSES = 3
"""Where the largest score is not known beforehand: it is looked for and taken off."""


@dataclass(frozen=True)
class Work:
    """Multiply-adds and bytes; parts of a step add up."""

    sparse_multiply_adds: Count = 0
    """Of products with the sparse adjacency: its entries times the columns of the other."""
    dense_multiply_adds: Count = 0
    """Of products of two dense matrices: what torch's flop counter sees, halved."""
    row_multiply_adds: Count = 0
    """Of loops over pairs and over parameters."""
    random_bytes: Count = 0
    """Rows of embeddings, read or written in no order."""
    streamed_bytes: Count = 0
    """Tables, read or written from end to end."""
    table_bytes: Count = 0
    """The largest table whose rows are read in no order."""
    n_products: int = 0
    """Products with the adjacency."""

    def __add__(self, other: "Work") -> "Work":
        return Work(
            self.sparse_multiply_adds + other.sparse_multiply_adds,
            self.dense_multiply_adds + other.dense_multiply_adds,
            self.row_multiply_adds + other.row_multiply_adds,
            self.random_bytes + other.random_bytes,
            self.streamed_bytes + other.streamed_bytes,
            max(self.table_bytes, other.table_bytes),
            self.n_products + other.n_products,
        )

    def __rmul__(self, times: int) -> "Work":
        return Work(
            times * self.sparse_multiply_adds,
            times * self.dense_multiply_adds,
            times * self.row_multiply_adds,
            times * self.random_bytes,
            times * self.streamed_bytes,
            self.table_bytes,
            times * self.n_products,
        )


def propagation(problem: Problem, width: int, *, plus: bool = False) -> Work:
    """Return one product of the adjacency with a table of all nodes.

    Args:
        problem: Sizes.
        width: Columns of the table.
        plus: Whether a table is added within the product.
    """
    number, table = problem.element_bytes, problem.n_nodes * width * problem.element_bytes
    chosen = layout(problem.n_users, problem.n_items, int(problem.n_edges), width, number)
    n_blocks = -(-width // chosen.columns)
    return Work(
        sparse_multiply_adds=problem.n_edges * width,
        random_bytes=problem.n_edges * width * number,
        # Neighbours once a block of columns; the result; a table that is cut, read and written.
        streamed_bytes=n_blocks * problem.n_edges * INDEX_BYTES
        + table * (1 + plus + 2 * chosen.cut),
        table_bytes=table,
        n_products=1,
    )


def product(problem: Problem, rows: Count, inner: Count, columns: Count) -> Work:
    """Return one product of dense matrices, (rows x inner) with (inner x columns)."""
    moved = rows * inner + inner * columns + rows * columns
    return Work(
        dense_multiply_adds=rows * inner * columns,
        streamed_bytes=moved * problem.element_bytes,
    )


def contrast(
    problem: Problem, rows: Count, columns: Count, width: int, *, shifted: bool = False
) -> Work:
    """Return `losses.weighted_log_sum_exp` of the scores between two tables, and its gradient."""
    scores = rows * columns
    moved = (SCORE_PASSES + shifted * SHIFT_PASSES) * scores + 3 * (rows + columns) * width
    return Work(
        dense_multiply_adds=3 * scores * width,
        streamed_bytes=moved * problem.element_bytes,
    )


def gathered(problem: Problem, rows: Count, width: int) -> Work:
    """Return rows that are copied out of a table, and their gradient added back into it."""
    moved = rows * width * problem.element_bytes
    # Read at random, and on the way back read and written; copy and gradient written and read.
    return Work(random_bytes=3 * moved, streamed_bytes=4 * moved)


def chosen(problem: Problem, rows: Count, n_chosen: Count, width: int) -> Work:
    """Return `chosen_scores` of so many items for each row, and its gradient."""
    if scored_at_once(int(problem.n_items), int(n_chosen)):
        return 3 * product(problem, rows, width, problem.n_items)
    number = problem.element_bytes
    scores, table = rows * n_chosen, problem.n_items * width * number
    return Work(
        row_multiply_adds=3 * scores * width,
        # Items, read twice: for scores and for the rows' gradient; theirs, read and written.
        random_bytes=4 * scores * width * number,
        streamed_bytes=(3 * scores + 3 * rows * width) * number + table,
        table_bytes=table,
    )


def pair_scores(problem: Problem, batch: Batch, width: int) -> Work:
    """Return `ranking.scores` and its gradient."""
    n_pairs = batch.n_pairs
    table = problem.n_nodes * width * problem.element_bytes
    return (
        gathered(problem, 2 * n_pairs, width)
        + Work(row_multiply_adds=3 * n_pairs * width, streamed_bytes=2 * table, table_bytes=table)
        + chosen(problem, n_pairs, batch.n_negatives, width)
    )


def pair_loss(problem: Problem, batch: Batch, width: int) -> Work:
    """Return BPR and its gradient; of one negative: one dot product a pair, three rows updated."""
    if batch.n_negatives > 1:
        return pair_scores(problem, batch, width)
    rows = batch.n_pairs * width
    table = problem.n_nodes * width * problem.element_bytes
    return Work(
        row_multiply_adds=4 * rows,
        random_bytes=12 * rows * problem.element_bytes,
        streamed_bytes=table,
        table_bytes=table,
    )


def pair_norms(problem: Problem, batch: Batch, width: int) -> Work:
    """Return `pairs.squared_norms` or `pairs.plain_norms`, and its gradient."""
    rows = batch.n_pairs * (2 + batch.n_negatives) * width
    table = problem.n_nodes * width * problem.element_bytes
    return Work(
        row_multiply_adds=2 * rows,
        random_bytes=4 * rows * problem.element_bytes,
        streamed_bytes=table,
        table_bytes=table,
    )


def passes(problem: Problem, width: int, n_passes: int) -> Work:
    """Return element-wise loops that read or write a table of all nodes so many times."""
    return Work(streamed_bytes=n_passes * problem.n_nodes * width * problem.element_bytes)


def adam(problem: Problem, n_parameters: int) -> Work:
    """Return one step of Adam: four tables read, three written, two moments and the step."""
    return Work(
        row_multiply_adds=3 * n_parameters,
        streamed_bytes=7 * n_parameters * problem.element_bytes,
    )
