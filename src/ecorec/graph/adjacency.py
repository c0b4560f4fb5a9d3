"""The symmetrically normalised bipartite adjacency, in compressed sparse rows."""

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

N_BLOCKS_PER_THREAD = 16
"""Row blocks a thread gets; more than one, so that one busy core does not hold up the others."""


@dataclass(frozen=True, eq=False)
class RowBlocks:
    """Rows of the adjacency, cut into blocks of about equally many edges."""

    rows: NDArray[np.int32]
    """Shape (rows,): which rows, ascending."""
    cuts: NDArray[np.int64]
    """Shape (blocks + 1,): places in `rows` where a block begins."""
    n_edges: int
    """Of these rows."""


@dataclass(frozen=True, eq=False)
class Adjacency:
    """A = D^(-1/2) B D^(-1/2), where B is the bipartite graph with users before items.

    The matrix is symmetric, so the same arrays serve the forward and the backward pass.
    He et al., LightGCN (SIGIR 2020), equation 8.
    """

    indptr: NDArray[np.int64]
    """Shape (nodes + 1,): where each node's neighbours begin in `indices`."""
    indices: NDArray[np.int32]
    """Shape (edges,): neighbours, ascending within each node."""
    scale: NDArray[np.floating]
    """Shape (nodes,): one over the root of the degree, in the dtype of the model; 0 for none."""
    n_users: int
    """Nodes that are users; they come first."""

    @property
    def n_nodes(self) -> int:
        """Users and items together."""
        return self.indptr.size - 1

    @property
    def n_edges(self) -> int:
        """Directed edges: twice the number of interactions."""
        return self.indices.size

    @cached_property
    def values(self) -> NDArray[np.floating]:
        """The normalised weight of each edge, shape (edges,), for whoever needs them stored."""
        weights: NDArray[np.floating] = np.repeat(self.scale, np.diff(self.indptr))
        return weights * self.scale[self.indices]

    @cached_property
    def all_rows(self) -> RowBlocks:
        """Every row."""
        return self.row_blocks(np.arange(self.n_nodes, dtype=np.int32))

    def row_blocks(self, rows: NDArray[np.int32]) -> RowBlocks:
        """Return some rows, cut so that threads have equally much to do."""
        edges = np.concatenate([[0], np.cumsum(np.diff(self.indptr)[rows])])
        n_blocks = max(1, N_BLOCKS_PER_THREAD * torch.get_num_threads())
        targets = np.linspace(0, edges[-1], n_blocks + 1)[1:-1]
        cuts = np.concatenate([[0], np.searchsorted(edges[:-1], targets), [rows.size]])
        return RowBlocks(rows, cuts.astype(np.int64), int(edges[-1]))

    def to_torch_csr(self, device: torch.device) -> Tensor:
        """Return the same matrix as a torch CSR tensor of shape (nodes, nodes)."""
        with warnings.catch_warnings():
            # torch announces once a process that its CSR tensors are in beta.
            warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
            return torch.sparse_csr_tensor(
                torch.from_numpy(self.indptr),
                torch.from_numpy(self.indices).long(),
                torch.from_numpy(self.values),
                size=(self.n_nodes, self.n_nodes),
                check_invariants=True,
            ).to(device)

    def to_edge_list(self, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
        """Return targets, sources and weights, each of shape (edges,)."""
        targets = np.repeat(np.arange(self.n_nodes), np.diff(self.indptr))
        return (
            torch.from_numpy(targets).to(device),
            torch.from_numpy(self.indices).long().to(device),
            torch.from_numpy(self.values).to(device),
        )


def normalized_adjacency(
    users: NDArray[np.int64],
    items: NDArray[np.int64],
    n_users: int,
    n_items: int,
    dtype: torch.dtype,
) -> Adjacency:
    """Build the normalised adjacency of distinct interactions in linear time and memory.

    Args:
        users: Shape (interactions,): user index of each interaction.
        items: Shape (interactions,): item index of each interaction.
        n_users: Number of users, those without interactions included.
        n_items: Number of items, those without interactions included.
        dtype: `torch.float32` or `torch.float64`.
    """
    user_rows, items_of_users = _rows(users, items, n_users, n_items)
    item_rows, users_of_items = _rows(items, users, n_items, n_users)
    indptr = np.concatenate([user_rows, user_rows[-1] + item_rows[1:]])
    indices = np.concatenate([items_of_users + np.int32(n_users), users_of_items])
    return Adjacency(indptr, indices, inverse_root_degrees(np.diff(indptr), dtype), n_users)


def inverse_root_degrees(degrees: NDArray[np.int64], dtype: torch.dtype) -> NDArray[np.floating]:
    """Return one over the root of each degree, 0 for none: the only normalisation there is.

    Args:
        degrees: Shape (nodes,): neighbours of each node.
        dtype: Of the result.
    """
    scale = np.divide(1.0, np.sqrt(degrees), where=degrees > 0, out=np.zeros(degrees.size))
    return scale.astype(numpy_dtype(dtype))


def numpy_dtype(dtype: torch.dtype) -> "np.dtype[np.floating]":
    """Return what numpy calls the dtype of a model: `float64`, else `float32`."""
    return np.dtype(np.float64 if dtype == torch.float64 else np.float32)


def _rows(
    rows: NDArray[np.int64], columns: NDArray[np.int64], n_rows: int, n_columns: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return CSR row starts and columns, ascending in each row, by two counting sorts."""
    by_column = _stable_order(columns, n_columns)
    order = by_column[_stable_order(rows[by_column], n_rows)]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n_rows))])
    return indptr.astype(np.int64), columns[order].astype(np.int32)


def _stable_order(keys: NDArray[np.int64], n_keys: int) -> NDArray[np.int64]:
    # numpy sorts 16-bit integers by radix (linear time); wider ones only by merging,
    # so wide keys are sorted digit by digit.
    order = np.argsort((keys & 0xFFFF).astype(np.uint16), kind="stable")
    shift = 16
    while n_keys - 1 >> shift:
        digit = (keys[order] >> shift & 0xFFFF).astype(np.uint16)
        order = order[np.argsort(digit, kind="stable")]
        shift += 16
    return order
