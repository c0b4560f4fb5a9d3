"""The adjacency in files that are mapped into memory: built in two passes, never sorted as a whole.

The first pass counts degrees, the second puts each neighbour where its row has room. Beside the
files, only a count for each node and one chunk of interactions are held; pages of the files are
the system's to drop and to read again.
"""

import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, no_type_check

import numba
import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ecorec.errors import InputError
from ecorec.graph.adjacency import Adjacency, inverse_root_degrees
from ecorec.units import format_bytes

Chunks = Callable[[], Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]]]
"""Returns users and items of the interactions, some at a time: the same ones whenever called."""

CHUNK = 2**20
"""Interactions at a time."""


def in_chunks(users: NDArray[np.int64], items: NDArray[np.int64]) -> Chunks:
    """Return arrays, some at a time, without copies."""

    def chunks() -> Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        for start in range(0, users.size, CHUNK):
            yield users[start : start + CHUNK], items[start : start + CHUNK]

    return chunks


def mapped_adjacency(
    chunks: Chunks, n_users: int, n_items: int, dtype: torch.dtype, folder: Path
) -> Adjacency:
    """Return what `normalized_adjacency` returns, with its neighbours in a mapped file.

    Args:
        chunks: Distinct interactions, twice.
        n_users: Number of users, those without interactions included.
        n_items: Number of items, those without interactions included.
        dtype: `torch.float32` or `torch.float64`.
        folder: Where the file is.

    Raises:
        InputError: It cannot be made there.
    """
    degrees = np.zeros(n_users + n_items, dtype=np.int64)
    for users, items in chunks():
        _count(users, degrees)
        _count(items + n_users, degrees)
    indptr = np.concatenate([[0], np.cumsum(degrees)]).astype(np.int64)
    indices = _mapped(torch.int32, int(indptr[-1]), folder).numpy()
    free = indptr[:-1].copy()
    for users, items in chunks():
        _fill(users, items, n_users, free, indices)
    _sort_rows(indptr, indices)
    return Adjacency(indptr, indices, inverse_root_degrees(degrees, dtype), n_users)


def mapped_table(table: Float[Tensor, "rows size"], folder: Path) -> Float[Tensor, "rows size"]:
    """Return a copy of a table in a mapped file, which can be trained like any other."""
    return _mapped(table.dtype, table.numel(), folder).view(table.shape).copy_(table)


def check_folder(folder: Path) -> None:
    """Make sure that the folder is there: it is not made, so that a typo fills no other disk.

    Raises:
        InputError: There is none.
    """
    if not folder.exists():
        message = f"--memory-map {folder}: there is no such folder"
        raise InputError(message, hint=f"make it on the disk that you mean: mkdir {folder}")


def _mapped(dtype: torch.dtype, n: int, folder: Path) -> Tensor:
    """Return zeros in a file of the folder; it has no name, and goes when the tensor does."""
    check_folder(folder)
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".ecorec-") as file:
            file.truncate(max(1, n * dtype.itemsize))
            if hasattr(os, "posix_fallocate"):
                # A full disk is told here rather than by a signal, when a page is written.
                os.posix_fallocate(file.fileno(), 0, max(1, n * dtype.itemsize))
            return torch.from_file(file.name, shared=True, size=n, dtype=dtype)
    except OSError as error:
        size = format_bytes(float(n * dtype.itemsize))
        message = f"--memory-map {folder}: no file of {size} can be made there: {error.strerror}"
        raise InputError(message, hint="give a folder on a disk with room") from None


@no_type_check
@numba.njit(nogil=True, cache=True)
def _count(nodes: Any, degrees: Any) -> None:
    for node in nodes:
        degrees[node] += 1


@no_type_check
@numba.njit(nogil=True, cache=True)
def _fill(users: Any, items: Any, n_users: Any, free: Any, indices: Any) -> None:
    for at in range(users.size):
        user, item = users[at], items[at] + n_users
        indices[free[user]] = item
        indices[free[item]] = user
        free[user] += 1
        free[item] += 1


@no_type_check
@numba.njit(nogil=True, cache=True)
def _sort_rows(indptr: Any, indices: Any) -> None:
    for row in range(indptr.size - 1):
        indices[indptr[row] : indptr[row + 1]].sort()
