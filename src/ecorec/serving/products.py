"""Scores as matrix products of a fixed shape, so that no answer depends on its batch.

A library sums a vector-matrix product in another order than a matrix-matrix product, so that the
last bit of a score, and with it the order of two items, would depend on how many users ask at a
time. Here every product has `ROWS` users, filled up with zeros, and the same tiles of items.
Evaluation multiplies other shapes; `tests/serving/test_equals_offline.py` makes sure, for every
user of the bundled data, that the library sums those in the same order.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from ecorec.serving.tables import Table

ROWS = 8
"""Users in a product. With 3,706 items of size 64, one core does 58 Gflop/s at 8 rows, 81 at 64,
and 40 at 4 (AMD EPYC, MKL 2024.2)."""

TILE = 8192
"""Items in a product: 2 MiB at size 64."""


def products(vectors: Float[Tensor, "batch size"], table: Table) -> Float[Tensor, "batch rows"]:
    """Return the inner products of some vectors with every row of a table."""
    n_vectors = vectors.shape[0]
    padded = _padded(vectors.to(table.dtype))
    found = torch.empty(padded.shape[0], table.n_rows, dtype=table.dtype)
    for start in range(0, table.n_rows, TILE):
        stop = min(start + TILE, table.n_rows)
        columns = table.tile(start, stop).T
        for block in range(0, padded.shape[0], ROWS):
            rows = slice(block, block + ROWS)
            torch.mm(padded[rows], columns, out=found[rows, start:stop])
    return found[:n_vectors]


def products_with(
    vector: Float[Tensor, " size"], rows: Float[Tensor, "rows size"]
) -> Float[Tensor, " rows"]:
    """Return the inner products of one vector with some rows, summed as `products` does."""
    return (_padded(vector[None].to(rows.dtype)) @ rows.T)[0]


def quick_products(vector: Float[Tensor, " size"], table: Table) -> Float[Tensor, " rows"]:
    """Return the inner products of one vector with every row, summed in any order."""
    vector = vector.to(table.dtype)
    if table.values.dtype == table.dtype:
        return table.values @ vector
    found = torch.empty(table.n_rows, dtype=table.dtype)
    for start in range(0, table.n_rows, TILE):
        stop = min(start + TILE, table.n_rows)
        torch.mv(table.tile(start, stop), vector, out=found[start:stop])
    return found


def _padded(vectors: Float[Tensor, "batch size"]) -> Float[Tensor, "blocks size"]:
    missing = -vectors.shape[0] % ROWS
    return torch.nn.functional.pad(vectors, (0, 0, 0, missing)) if missing else vectors
