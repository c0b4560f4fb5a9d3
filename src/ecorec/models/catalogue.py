"""Every model that ecorec knows: a literal table, in the order in which studies run them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch

from ecorec.config import Config
from ecorec.errors import unknown_name
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.base import EmbeddingConfig, PropagationConfig
from ecorec.models.bpr_mf import BPRMF, BPRMFConfig
from ecorec.models.directau import DirectAU, DirectAUConfig
from ecorec.models.itemknn import ItemKNN, ItemKNNConfig
from ecorec.models.lightgcl import LightGCL, LightGCLConfig
from ecorec.models.lightgcn import LightGCN, LightGCNConfig
from ecorec.models.ngcf import NGCF, NGCFConfig
from ecorec.models.popularity import Popularity, PopularityConfig
from ecorec.models.sgl import SGL, SGLConfig
from ecorec.models.simgcl import SimGCL, SimGCLConfig
from ecorec.models.ultragcn import UltraGCN, UltraGCNConfig
from ecorec.models.xsimgcl import XSimGCL, XSimGCLConfig


@dataclass(frozen=True)
class ModelEntry:
    """One row of the catalogue."""

    name: str
    """The name in study files and on the command line."""
    title: str
    """The name as papers write it."""
    config: type[Config]
    """Its hyper-parameters; their defaults are the preset `recommended`."""
    model: Callable[..., Any]
    """The class: `(config, graph, rng)` if trained, `(config)` if training-free."""
    kind: Literal["trained", "training-free"]
    """Whether it is fitted by gradient steps or in closed form."""
    idea: str
    """What it does, in one sentence."""
    paper: str
    """Where it was published."""

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
        if self.kind == "training-free":
            return self.model(config)
        return self.model(config, graph, rng)


MODELS: dict[str, ModelEntry] = {
    entry.name: entry
    for entry in (
        ModelEntry(
            name="popularity",
            title="Popularity",
            config=PopularityConfig,
            model=Popularity,
            kind="training-free",
            idea="the same list for everyone, most interactions first",
            paper="the customary floor; no paper",
        ),
        ModelEntry(
            name="itemknn",
            title="ItemKNN",
            config=ItemKNNConfig,
            model=ItemKNN,
            kind="training-free",
            idea="items like those the user already has, by shrunk cosine",
            paper="Deshpande and Karypis, TOIS 2004",
        ),
        ModelEntry(
            name="ngcf",
            title="NGCF",
            config=NGCFConfig,
            model=NGCF,
            kind="trained",
            idea="graph convolution with feature mixing, a product term and a non-linearity",
            paper="Wang et al., SIGIR 2019",
        ),
        ModelEntry(
            name="lightgcn",
            title="LightGCN",
            config=LightGCNConfig,
            model=LightGCN,
            kind="trained",
            idea="neighbourhood averaging with no weights and no non-linearity",
            paper="He et al., SIGIR 2020",
        ),
        ModelEntry(
            name="simgcl",
            title="SimGCL",
            config=SimGCLConfig,
            model=SimGCL,
            kind="trained",
            idea="LightGCN without the ego layer, made to agree with noisy copies of itself",
            paper="Yu et al., SIGIR 2022",
        ),
        ModelEntry(
            name="lightgcl",
            title="LightGCL",
            config=LightGCLConfig,
            model=LightGCL,
            kind="trained",
            idea="LightGCN contrasted with its own low-rank reconstruction",
            paper="Cai et al., ICLR 2023",
        ),
        ModelEntry(
            name="bpr-mf",
            title="BPR-MF",
            config=BPRMFConfig,
            model=BPRMF,
            kind="trained",
            idea="matrix factorisation trained to rank; a graph network without its graph",
            paper="Rendle et al., UAI 2009",
        ),
        ModelEntry(
            name="ultragcn",
            title="UltraGCN",
            config=UltraGCNConfig,
            model=UltraGCN,
            kind="trained",
            idea="plain embeddings whose loss weighs pairs as endless propagation would",
            paper="Mao et al., CIKM 2021",
        ),
        ModelEntry(
            name="sgl",
            title="SGL",
            config=SGLConfig,
            model=SGL,
            kind="trained",
            idea="LightGCN made to agree with itself on two random parts of the graph",
            paper="Wu et al., SIGIR 2021",
        ),
        ModelEntry(
            name="xsimgcl",
            title="XSimGCL",
            config=XSimGCLConfig,
            model=XSimGCL,
            kind="trained",
            idea="SimGCL with one noisy propagation, whose layers are contrasted",
            paper="Yu et al., TKDE 2024",
        ),
        ModelEntry(
            name="directau",
            title="DirectAU",
            config=DirectAUConfig,
            model=DirectAU,
            kind="trained",
            idea="users near their items, all users and all items far apart; no negatives",
            paper="Wang et al., KDD 2022",
        ),
    )
}


def find_model(name: str) -> ModelEntry:
    """Return the catalogue's row for a name.

    Raises:
        InputError: No model has this name.
    """
    if name not in MODELS:
        raise unknown_name("model", name, MODELS, "`ecorec models` lists all")
    return MODELS[name]
