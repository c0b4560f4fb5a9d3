"""What is known of a model: one row of the catalogue."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch

from ecorec.config import Config
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.base import EmbeddingConfig, PropagationConfig
from ecorec.models.cost import Formula
from ecorec.models.exchange import NO_STEPS, ExchangeFormula


@dataclass(frozen=True)
class ModelEntry:
    """One row of the catalogue."""

    name: str
    """The name in study files and on the command line."""
    title: str
    """The name as papers write it."""
    config: type[Config]
    """Its hyper-parameters; the preset `recommended` changes the defaults of some."""
    model: Callable[..., Any]
    """The class: `(config, graph, rng)` if trained, `(config)` if not."""
    kind: Literal["trained", "training-free", "library"]
    """Trained by ecorec's loop, fitted without one (closed form or convex), or by a library."""
    idea: str
    """What it does, in one sentence."""
    paper: str
    """Where it was published."""
    cost: Formula
    """What it takes, from its config and the problem."""
    exchange: ExchangeFormula | str = NO_STEPS
    """What processes exchange that share its columns, or why they cannot share them."""

    @property
    def has_embeddings(self) -> bool:
        """Whether the embedding size is among its settings."""
        return issubclass(self.config, EmbeddingConfig)

    @property
    def propagates(self) -> bool:
        """Whether the number of layers is among its settings."""
        return issubclass(self.config, PropagationConfig)

    def build(self, config: Config, graph: BipartiteGraph, rng: torch.Generator) -> Any:
        """Return the model, initialised but not trained or fitted."""
        if self.kind == "trained":
            return self.model(config, graph, rng)
        return self.model(config)
