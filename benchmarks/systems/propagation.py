"""The product of the adjacency with embeddings as libraries offer it, with their autograd.

`pyg` is the operator that the paper ran: PyG's `LGConv` on an edge list, which gathers,
multiplies and scatters a message for every edge. `coo` and `csr` are torch's sparse products.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ecorec.graph.bipartite import BipartiteGraph

Propagate = Callable[[Tensor], Tensor]


def csr(graph: BipartiteGraph) -> Propagate:
    """Return torch's product with compressed rows."""
    matrix = graph.adjacency.to_torch_csr(graph.device)
    return lambda table: torch.sparse.mm(matrix, table)


def coo(graph: BipartiteGraph) -> Propagate:
    """Return torch's product with coordinates: what RecBole and most codes on GitHub run."""
    matrix = graph.adjacency.to_torch_csr(graph.device).to_sparse_coo().coalesce()
    return lambda table: torch.sparse.mm(matrix, table)


def pyg(graph: BipartiteGraph) -> Propagate:
    """Return PyG's message passing."""
    from torch_geometric.nn import LGConv

    targets, sources, weights = graph.adjacency.to_edge_list(graph.device)
    conv, edges = LGConv(normalize=False), torch.stack([sources, targets])
    return lambda table: conv(table, edges, weights)  # type: ignore[no-any-return]


OPERATORS: dict[str, Callable[[BipartiteGraph], Propagate]] = {"csr": csr, "coo": coo, "pyg": pyg}
