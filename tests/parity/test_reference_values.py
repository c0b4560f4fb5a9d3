"""All four GNNs against values computed with the code that the paper ran.

One small graph, float64, noise and dropout fixed. Embeddings, loss, every gradient and the
state after one Adam step agree to 1e-9, which pins every reduction, scale and weight at once:
a mean for a sum is off by a factor of the batch, a squared norm for a norm in the second digit.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.lightgcl import LightGCL, LightGCLConfig
from ecorec.models.lightgcn import LightGCN, LightGCNConfig
from ecorec.models.ngcf import NGCF, NGCFConfig
from ecorec.models.noise import Noise
from ecorec.models.simgcl import SimGCL, SimGCLConfig

TOLERANCE = 1e-9
KERNELS = ("fixed-width", "library", "edge-wise")


class Reference:
    """The stored arrays of one model, and the graph and batch that they belong to."""

    def __init__(self, model: str, kernel: str) -> None:
        path = Path(__file__).parent / "reference" / f"{model}_g20x15_f64.npz"
        with np.load(path) as stored:
            self.arrays = {key: stored[key] for key in stored.files}
        self.hyper = json.loads(str(self.arrays["hyper_json"]))
        users, items = self.arrays["edges"].T
        n_users = int(self.arrays["n_users"])
        n_items = int(self.arrays["n_items"])
        self.graph = BipartiteGraph(
            users.copy(), items.copy(), n_users, n_items, dtype=torch.float64, kernel=kernel
        )
        self.batch = PairBatch(*(self["batch_" + part] for part in ("user", "pos", "neg")))

    def __getitem__(self, key: str) -> torch.Tensor:
        return torch.from_numpy(self.arrays[key])

    def nodes(self, prefix: str) -> torch.Tensor:
        """Return the two tables of the reference as the one table of the model."""
        names = ["user_embedding.weight", "item_embedding.weight"]
        if f"{prefix}/{names[0]}" not in self.arrays:
            names = ["E_u_0", "E_i_0"]
        return torch.cat([self[f"{prefix}/{name}"] for name in names])


def lightgcn(reference: Reference) -> tuple[LightGCN, torch.Tensor]:
    hyper = reference.hyper
    config = LightGCNConfig(
        embedding_size=8, n_layers=hyper["n_layers"], l2_weight=hyper["reg_weight"]
    )
    model = LightGCN(config, reference.graph, torch.Generator())
    model.nodes.data = reference.nodes("param")
    return model, lambda: model.loss(reference.batch)


def given(noise: torch.Tensor) -> list[list[Noise]]:
    return [[Noise.of(layer) for layer in view] for view in noise]


def simgcl(reference: Reference) -> tuple[SimGCL, torch.Tensor]:
    hyper = reference.hyper
    config = SimGCLConfig(
        embedding_size=8,
        n_layers=hyper["n_layers"],
        l2_weight=hyper["reg_weight"],
        contrastive_weight=hyper["lambda"],
        contrastive_reduction="sum",
        temperature=hyper["temperature"],
        noise=hyper["eps"],
    )
    model = SimGCL(config, reference.graph, torch.Generator())
    model.nodes.data = reference.nodes("param")
    return model, lambda: model.loss_with_noise(reference.batch, given(reference["noise"]))


def ngcf(reference: Reference) -> tuple[NGCF, torch.Tensor]:
    hyper = reference.hyper
    config = NGCFConfig(embedding_size=8, n_layers=3, l2_weight=hyper["reg_weight"], dropout=0.0)
    model = NGCF(config, reference.graph, torch.Generator())
    model.nodes.data = reference.nodes("param")
    for index in range(3):
        for branch, name in ((model.sums, "lin1"), (model.products, "lin2")):
            key = f"param/GNNlayers.{index}.{name}"
            branch[index].weight.data = reference[f"{key}.weight"]
            branch[index].bias.data = reference[f"{key}.bias"]
    return model, lambda: model.loss(reference.batch)


def lightgcl(reference: Reference) -> tuple[LightGCL, torch.Tensor]:
    hyper = reference.hyper
    config = LightGCLConfig(
        embedding_size=8,
        n_layers=hyper["n_layers"],
        rank=hyper["q"],
        l2_weight=hyper["lambda2"],
        contrastive_weight=hyper["lambda1"],
        temperature=hyper["temp"],
        contrast_negatives=False,
    )
    model = LightGCL(config, reference.graph, torch.Generator())
    model.nodes.data = reference.nodes("param")
    model.left, model.singular_values = reference["svd_u"], reference["svd_s"]
    model.right = reference["svd_v"]
    return model, lambda: model.loss(reference.batch)


BUILD = {"ngcf": ngcf, "lightgcn": lightgcn, "simgcl": simgcl, "lightgcl": lightgcl}


def by_reference_name(model: torch.nn.Module, what: str) -> dict[str, torch.Tensor]:
    """Return parameters or gradients of a model under the names of the reference."""
    values = {}
    for name, parameter in model.named_parameters():
        value = parameter.grad if what == "grad" else parameter.detach()
        if name == "nodes":
            values["nodes"] = value
        else:
            branch, index, part = name.split(".")
            lin = "lin1" if branch == "sums" else "lin2"
            values[f"GNNlayers.{index}.{lin}.{part}"] = value
    return values


def assert_same(model: torch.nn.Module, reference: Reference, prefix: str, what: str) -> None:
    for name, value in by_reference_name(model, what).items():
        expected = reference.nodes(prefix) if name == "nodes" else reference[f"{prefix}/{name}"]
        torch.testing.assert_close(value, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", BUILD)
def test_embeddings_loss_gradients_and_adam_step(name: str, kernel: str) -> None:
    reference = Reference(name, kernel)
    model, loss_of = BUILD[name](reference)

    users, items = model.embed()
    torch.testing.assert_close(users, reference["final_user"], rtol=0, atol=TOLERANCE)
    torch.testing.assert_close(items, reference["final_item"], rtol=0, atol=TOLERANCE)

    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
    loss = loss_of()
    torch.testing.assert_close(loss, reference["loss"], rtol=0, atol=TOLERANCE)
    loss.backward()
    assert_same(model, reference, "grad", "grad")

    optimizer.step()
    assert_same(model, reference, "param_after_adam", "value")
    users, items = model.embed()
    torch.testing.assert_close(users, reference["final_user_after_adam"], rtol=0, atol=TOLERANCE)
    torch.testing.assert_close(items, reference["final_item_after_adam"], rtol=0, atol=TOLERANCE)


def test_a_different_reduction_would_be_noticed() -> None:
    reference = Reference("simgcl", "fixed-width")
    model, _ = simgcl(reference)
    model.config = model.config.model_copy(update={"contrastive_reduction": "mean"})
    loss = model.loss_with_noise(reference.batch, given(reference["noise"]))
    assert abs(float(loss.detach()) - float(reference["loss"])) > 1
