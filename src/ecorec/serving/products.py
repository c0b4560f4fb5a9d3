"""Scores as products of blocks whose shape never changes, so that no answer hangs on its company.

A library multiplies a vector with a matrix in another order than a matrix with a matrix, and the
last bit of a score, hence the order of two items, would depend on how many users ask at a time.
Here every product has `ROWS` users, zeros where there are fewer, and the same tiles of items. The
evaluation multiplies other shapes; that the library sums those in the same order is measured, for
every user of the bundled data, in `tests/serving/test_equals_offline.py`.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from ecorec.serving.tables import Table

ROWS = 8
"""Users in a product. With 3,706 items of size 64 one core does 58 Gflop/s with 8 rows, 81 with
64, 40 with 4 (AMD EPYC, MKL 2024.2)."""

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
    """Return the inner products of one vector with every row of a table, in some order."""
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
