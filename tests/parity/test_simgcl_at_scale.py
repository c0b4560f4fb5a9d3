"""SimGCL as the paper's code sets it, on real data, in float32, against its formulas in float64.

A batch of 2,048 pairs is contrasted block by block and on rows that it reaches only, which a small
graph does not exercise. The contrast outweighs the ranking a thousandfold here: the qualities that
the paper printed for SimGCL (docs/explanation/paper.md) hang on this step.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, normalize

from ecorec.data.batch import PairBatch
from ecorec.data.load import load_dataset
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.noise import Noise
from ecorec.models.simgcl import SimGCL, SimGCLConfig

N_LAYERS, SIZE, BATCH = 2, 64, 2048
WEIGHT, LENGTH, TEMPERATURE, L2 = 0.5, 0.1, 0.2, 1e-4


def adjacency(users: Tensor, items: Tensor, n_users: int, n_nodes: int) -> Tensor:
    """Return the symmetrically normalised adjacency, users first."""
    one, other = torch.cat([users, items + n_users]), torch.cat([items + n_users, users])
    degree = torch.bincount(one, minlength=n_nodes).double()
    scale = degree[one].rsqrt() * degree[other].rsqrt()
    return torch.sparse_coo_tensor(
        torch.stack([one, other]), scale, (n_nodes, n_nodes), check_invariants=True
    )


def plain_loss(
    nodes: Tensor, whole: Tensor, batch: PairBatch, noise: list[list[Tensor]], n_users: int
) -> Tensor:
    """Every view is propagated by itself, every score computed at once."""

    def mean(view: list[Tensor] | None) -> Tensor:
        layers, layer = [], nodes
        for depth in range(N_LAYERS):
            layer = torch.sparse.mm(whole, layer)
            if view is not None:
                layer = layer + layer.sign() * normalize(view[depth].double()) * LENGTH
            layers.append(layer)
        return torch.stack(layers).mean(dim=0)

    def contrast(left: Tensor, right: Tensor) -> Tensor:
        left, right = normalize(left), normalize(right)
        own = ((left * right).sum(dim=1) / TEMPERATURE).exp()
        return -(own / (left @ right.T / TEMPERATURE).exp().sum(dim=1)).log().sum()

    users, positives = batch.users, batch.positives + n_users
    negatives = batch.negatives + n_users
    clean = mean(None)
    margin = (clean[users] * (clean[positives] - clean[negatives])).sum(dim=1)
    norms = sum(nodes[rows].norm() for rows in (users, positives, negatives)) / len(users)
    first, second = (mean(view) for view in noise)
    agreement = sum(
        contrast(first[rows], second[rows]) for rows in (users.unique(), positives.unique())
    )
    return -logsigmoid(margin).mean() + L2 * norms + WEIGHT * agreement


def test_a_step_of_the_paper_s_code_on_real_data() -> None:
    data = load_dataset("movietweetings").interactions
    n_users, n_nodes = data.n_users, data.n_users + data.n_items
    graph = BipartiteGraph(data.users, data.items, n_users, data.n_items)
    config = SimGCLConfig(
        embedding_size=SIZE, n_layers=N_LAYERS, l2_weight=L2, contrastive_weight=WEIGHT,
        contrastive_reduction="sum", temperature=TEMPERATURE, noise=LENGTH,
    )  # fmt: skip
    model = SimGCL(config, graph, torch.Generator().manual_seed(1))
    rng = torch.Generator().manual_seed(2)
    drawn = torch.randint(data.users.size, (BATCH,), generator=rng).numpy()
    users, items = (torch.from_numpy(part.astype(np.int64)) for part in (data.users, data.items))
    others = torch.randint(data.n_items, (BATCH,), generator=rng)
    batch = PairBatch(users[drawn], items[drawn], others)
    noise = [[torch.rand(n_nodes, SIZE, generator=rng) for _ in range(N_LAYERS)] for _ in range(2)]

    loss = model.loss_with_noise(batch, [[Noise.of(layer) for layer in view] for view in noise])
    loss.backward()

    nodes = model.nodes.detach().double().requires_grad_()
    whole = adjacency(users, items, n_users, n_nodes)
    expected = plain_loss(nodes, whole, batch, noise, n_users)
    expected.backward()
    assert model.nodes.grad is not None
    assert nodes.grad is not None
    assert abs(float(loss.detach() / expected.detach()) - 1) < 1e-6
    difference = (model.nodes.grad.double() - nodes.grad).norm() / nodes.grad.norm()
    assert float(difference) < 2e-6
