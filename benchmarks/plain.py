"""The same models as they are usually written: autograd through library calls, for comparison.

A graph whose products are torch's (CSR, COO, or message by message), and losses and layers in
single operations. Nothing here is used by the program.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import torch
from torch import Tensor
from torch.nn import functional

from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models import losses
from ecorec.models.base import batch_rows
from ecorec.models.mixing import SLOPE, Weights

WAYS = ("csr", "coo", "edge-wise")


class PlainGraph(BipartiteGraph):
    """Propagates through torch and leaves every gradient to autograd.

    Args:
        graph: Whose adjacency is used.
        way: `csr`, `coo` or `edge-wise`.
    """

    def __init__(self, graph: BipartiteGraph, way: str) -> None:
        self.__dict__.update(graph.__dict__)
        self.way = way
        if way == "edge-wise":
            self.targets, self.sources, self.weights = graph.adjacency.to_edge_list(graph.device)
        else:
            csr = graph.adjacency.to_torch_csr(graph.device)
            self.matrix = csr if way == "csr" else csr.to_sparse_coo().coalesce()

    def propagate(self, embeddings: Tensor, plus: Tensor | None = None) -> Tensor:
        """Return the adjacency times the embeddings."""
        if self.way == "edge-wise":
            messages = embeddings.index_select(0, self.sources) * self.weights[:, None]
            product = torch.zeros_like(embeddings).index_add(0, self.targets, messages)
        else:
            product = torch.sparse.mm(self.matrix, embeddings)
        return product if plus is None else product + plus

    def multiply(self, dense: Tensor, plus: Tensor | None = None) -> Tensor:
        """Return the product without a gradient."""
        with torch.no_grad():
            return self.propagate(dense, plus)

    def sum_layers(
        self,
        embeddings: Tensor,
        n_layers: int,
        *,
        with_ego: bool = True,
        keep: list[Tensor] | None = None,
    ) -> Tensor:
        """Return the sum of the layers, one after another."""
        layers = [embeddings]
        for _ in range(n_layers):
            layers.append(self.propagate(layers[-1]))
        if keep is not None:
            keep.extend(layer.detach() for layer in layers[1:])
        counted = layers if with_ego else layers[1:]
        return sum(counted[1:], start=counted[0])


def bpr(nodes: Tensor, batch: PairBatch, n_users: int) -> Tensor:
    """BPR on copies of the rows."""
    users, liked, other = batch_rows(nodes, batch, n_users)
    return losses.bpr(losses.dot(users, liked), losses.dot(users, other))


def squared_norms(nodes: Tensor, batch: PairBatch, n_users: int) -> Tensor:
    """Squared norms of copies of the rows."""
    return losses.squared_norms(*batch_rows(nodes, batch, n_users))


def plain_norms(nodes: Tensor, batch: PairBatch, n_users: int) -> Tensor:
    """Norms of copies of the rows."""
    return losses.plain_norms(*batch_rows(nodes, batch, n_users))


def mix(
    neighbours: Tensor, layer: Tensor, weights: Weights, dropout: float, rng: torch.Generator
) -> Tensor:
    """A layer of NGCF, operation by operation."""
    w_sum, b_sum, w_product, b_product = weights
    mixed = functional.linear(neighbours + layer, w_sum, b_sum)
    mixed = mixed + functional.linear(neighbours * layer, w_product, b_product)
    return functional.normalize(functional.dropout(functional.leaky_relu(mixed, SLOPE), dropout))


def uniform(shape: tuple[int, ...], rng: torch.Generator, dtype: torch.dtype) -> Tensor:
    """Noise by torch's sequential generator."""
    return torch.rand(shape, generator=rng, dtype=dtype)


@contextmanager
def written_plainly() -> Iterator[None]:
    """Let the models run on these functions for the body."""
    with (
        mock.patch("ecorec.models.pairs.bpr", bpr),
        mock.patch("ecorec.models.pairs.squared_norms", squared_norms),
        mock.patch("ecorec.models.pairs.plain_norms", plain_norms),
        mock.patch("ecorec.models.ngcf.mix", mix),
        mock.patch("ecorec.models.simgcl.uniform", uniform),
    ):
        yield
