"""NGCF: graph convolution with feature mixing, a product term and a non-linearity.

Wang et al., *Neural Graph Collaborative Filtering*, SIGIR 2019. Compared with the code
that the paper ran in `tests/parity/test_reference_values.py`; that code leaves dropout on
at evaluation and fixes the layers at 64 whatever the embedding size, both of which are
settings here and off by default.
"""

from itertools import pairwise
from typing import Annotated, Any

import torch
from jaxtyping import Float
from pydantic import Field, NonNegativeFloat, PositiveInt
from torch import Tensor, nn

from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.graph.reach import EVERYONE, Reach
from ecorec.models import pairs
from ecorec.models.base import PropagationConfig, by_kind, xavier_table
from ecorec.models.cost import Cost, trained
from ecorec.models.mixing import mix
from ecorec.models.problem import Batch, Problem
from ecorec.models.ranking import (
    RankingConfig,
    as_scored,
    ranking_loss,
    reads_batch_only,
    seen_by,
)
from ecorec.models.work import Work, pair_loss, pair_norms, passes, product, propagation


class NGCFConfig(RankingConfig, PropagationConfig):
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
        self.sums = nn.ModuleList()
        self.products = nn.ModuleList()
        for n_in, n_out in pairwise(_widths(config)):
            for branch in (self.sums, self.products):
                linear = nn.Linear(n_in, n_out)
                nn.init.xavier_normal_(linear.weight, generator=rng)
                nn.init.zeros_(linear.bias)
                branch.append(linear.to(graph.device, graph.dtype))

    def _layers(self, seen: Reach = EVERYONE) -> list[Float[Tensor, "nodes _"]]:
        layer: Tensor = self.nodes
        layers = [layer]
        # An own generator instead of torch's global one: a run that was interrupted
        # continues with the same draws. At evaluation always the same ones: what is scored
        # depends on the parameters alone, and to validate does not change the training.
        rng = self.rng if self.training else torch.Generator(self.rng.device).manual_seed(0)
        for mix_sum, mix_product in zip(self.sums, self.products, strict=True):
            weights: Any = (mix_sum.weight, mix_sum.bias, mix_product.weight, mix_product.bias)
            # A batch sees its own rows of the last layer, and nearly everyone's before.
            last = seen if len(layers) == len(self.sums) else EVERYONE
            neighbours = self.graph.propagate(layer, seen=last)
            layer = mix(neighbours, layer, weights, self._dropout, rng, last.hops(0))
            layers.append(layer)
        return layers

    @property
    def _dropout(self) -> float:
        applies = self.training or self.config.dropout_at_evaluation
        return self.config.dropout if applies else 0.0

    def embed(self) -> tuple[Float[Tensor, "users size"], Float[Tensor, "items size"]]:
        """Return the concatenation of the ego embeddings and every layer's output.

        Wang et al., equations 3 to 8, in matrix form:
        x' = normalise(dropout(LeakyReLU((A x + x) W1 + b1 + (A x * x) W2 + b2))).
        """
        final = torch.cat(self._layers(), dim=1)
        return by_kind(as_scored(self.config, final), self.graph.n_users)

    def loss(self, batch: PairBatch) -> Float[Tensor, ""]:
        """Return the ranking loss plus the penalty on the batch's final embeddings."""
        n_users = self.graph.n_users
        layers = self._layers(seen_by(self.config, self.graph, batch, n_layers=1))
        if reads_batch_only(self.config, batch):
            ranking, penalty = pairs.bpr_and_norms(layers, batch, n_users)
        else:
            final = torch.cat(layers, dim=1)
            ranking = ranking_loss(self.config, final, batch, n_users)
            penalty = pairs.plain_norms(final, batch.flat, n_users)
        return ranking + self.config.l2_weight * penalty


def _widths(config: NGCFConfig) -> list[int]:
    """Return the width of the ego embeddings and of every layer's output."""
    layer_size = config.layer_size or config.embedding_size
    return [config.embedding_size] + [layer_size] * config.n_layers


def ngcf_cost(config: NGCFConfig, problem: Problem) -> Cost:
    """Return what NGCF takes: a layer is one product and its mixing, and both again backwards.

    Users and items are scored by the concatenation of all layers.
    """
    widths = _widths(config)
    layers, concatenated, nodes = [*pairwise(widths)], sum(widths), problem.n_nodes

    def step(batch: Batch) -> Work:
        work = pair_loss(problem, batch, concatenated) + pair_norms(problem, batch, concatenated)
        for n_in, n_out in layers:
            work += 2 * propagation(problem, n_in)
            # Both inputs side by side: forward, the weights' gradient, the inputs' gradient.
            work += 3 * product(problem, nodes, 2 * n_in, n_out)
            # Loops around the products: both inputs, activation, length, concatenation.
            work += passes(problem, n_in, 16) + passes(problem, n_out, 10)
        return work

    weights = sum(2 * n_out * (n_in + 1) for n_in, n_out in layers)
    return trained(problem, nodes * widths[0] + weights, concatenated, step)
