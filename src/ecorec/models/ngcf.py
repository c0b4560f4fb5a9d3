"""NGCF: graph convolution with feature mixing, a product term and a non-linearity.

Wang et al., *Neural Graph Collaborative Filtering*, SIGIR 2019. Compared with the code
that the paper ran in `tests/parity/test_reference_values.py`; that code leaves dropout on
at evaluation and fixes the layers at 64 whatever the embedding size, both of which are
settings here and off by default.
"""

from itertools import pairwise
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field, NonNegativeFloat, PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models import losses
from ecorec.models.base import EmbeddingConfig, batch_rows, by_kind, xavier_table


class NGCFConfig(EmbeddingConfig):
    """Hyper-parameters of NGCF."""

    n_layers: PositiveInt = 3
    """Propagation steps over the graph."""
    layer_size: PositiveInt | None = None
    """Width of every layer's output; tied to the embedding size if not given."""
    l2_weight: NonNegativeFloat = 1e-5
    """Weight of the norms (not squared) of the batch's final embeddings, per pair."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of each message that is dropped in training."""
    dropout_at_evaluation: bool = False
    """Leave dropout on when scoring, as the code of the paper does."""


class NGCF(nn.Module):
    """Embeddings refined by mixing layers and concatenated over all of them."""

    def __init__(self, config: NGCFConfig, graph: BipartiteGraph, rng: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.graph = graph
        self.rng = rng
        self.nodes = xavier_table(graph, config.embedding_size, rng, "normal")
        widths = [config.embedding_size]
        widths += [config.layer_size or config.embedding_size] * config.n_layers
        self.sums = nn.ModuleList()
        self.products = nn.ModuleList()
        for n_in, n_out in pairwise(widths):
            for branch in (self.sums, self.products):
                linear = nn.Linear(n_in, n_out)
                nn.init.xavier_normal_(linear.weight, generator=rng)
                nn.init.zeros_(linear.bias)
                branch.append(linear.to(graph.device, graph.dtype))

    def _final(self) -> Float[Tensor, "nodes concatenated"]:
        layer: Tensor = self.nodes
        layers = [layer]
        for mix_sum, mix_product in zip(self.sums, self.products, strict=True):
            neighbours = self.graph.propagate(layer)
            mixed = mix_sum(neighbours + layer) + mix_product(neighbours * layer)
            activated = functional.leaky_relu(mixed, negative_slope=0.2)
            layer = functional.normalize(self._dropped(activated), dim=1)
            layers.append(layer)
        return torch.cat(layers, dim=1)

    def _dropped(self, values: Float[Tensor, "nodes size"]) -> Float[Tensor, "nodes size"]:
        rate = self.config.dropout
        if rate == 0 or not (self.training or self.config.dropout_at_evaluation):
            return values
        # An own generator instead of functional.dropout's global one: a run that was
        # interrupted continues with the same draws.
        draws = torch.rand(values.shape, generator=self.rng).to(values.device)
        return values * (draws >= rate).to(values.dtype).div_(1 - rate)

    def embed(self) -> tuple[Float[Tensor, "users size"], Float[Tensor, "items size"]]:
        """Return the concatenation of the ego embeddings and every layer's output.

        Wang et al., equations 3 to 8, in matrix form:
        x' = normalise(dropout(LeakyReLU((A x + x) W1 + b1 + (A x * x) W2 + b2))).
        """
        return by_kind(self._final(), self.graph.n_users)

    def loss(self, batch: PairBatch) -> Float[Tensor, ""]:
        """Return BPR plus the penalty on the batch's final embeddings."""
        users, liked, other = batch_rows(self._final(), batch, self.graph.n_users)
        ranking = losses.bpr(losses.dot(users, liked), losses.dot(users, other))
        return ranking + self.config.l2_weight * losses.plain_norms(users, liked, other)
