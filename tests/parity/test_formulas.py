"""The authors' formulas in dense matrices and plain torch, float64: loss, gradient, Adam step.

Nothing of the models' own code is used on the reference side: the adjacency is normalised here,
rows are repeated as the batch repeats them, every propagation is written out. Agreement to
1e-9 pins weights and reductions at once.
"""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid, normalize

from ecorec.data.batch import PairBatch
from ecorec.data.synthetic import block
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.catalogue import MODELS
from ecorec.models.noise import Noise
from tests.conftest import graph_of

TOLERANCE = 1e-9
TRAIN = block(14, 11, 2, 5, 0.2, seed=4)
N_USERS, N_ITEMS = TRAIN.n_users, TRAIN.n_items
GRAPH = graph_of(TRAIN)
RATE = 0.01


def batch_of(n_negatives: int | None = None) -> PairBatch:
    """Rows occur several times, items as positive and negative at once."""
    rng = torch.Generator().manual_seed(2)
    users = torch.randint(N_USERS, (17,), generator=rng)
    positives = torch.randint(N_ITEMS, (17,), generator=rng)
    shape = (17,) if n_negatives is None else (17, n_negatives)
    return PairBatch(users, positives, torch.randint(N_ITEMS, shape, generator=rng))


def interactions(graph: BipartiteGraph) -> Tensor:
    return torch.from_numpy(graph.interactions().toarray())


def adjacency(ones: Tensor) -> Tensor:
    """Normalise users x items by its own degrees, and lay it out over all nodes."""
    n_users, n_items = ones.shape
    whole = torch.zeros(n_users + n_items, n_users + n_items, dtype=torch.float64)
    whole[:n_users, n_users:] = ones
    whole[n_users:, :n_users] = ones.T
    degree = whole.sum(dim=1)
    scale = torch.where(degree > 0, degree, 1).rsqrt()
    return scale[:, None] * whole * scale


def mean_bpr(final: Tensor, batch: PairBatch) -> Tensor:
    users, items = final[:N_USERS], final[N_USERS:]
    own = (users[batch.users] * items[batch.positives]).sum(dim=1)
    other = (users[batch.users] * items[batch.negatives]).sum(dim=1)
    return -logsigmoid(own - other).mean()


def half_squares(ego: Tensor, batch: PairBatch) -> Tensor:
    rows = [ego[batch.users], ego[N_USERS + batch.positives], ego[N_USERS + batch.negatives]]
    return sum(row.pow(2).sum() for row in rows) / 2 / len(batch.users)


def info_nce(left: Tensor, right: Tensor, among: Tensor, temperature: float) -> Tensor:
    left, right, among = (normalize(part, dim=1) for part in (left, right, among))
    own = ((left * right).sum(dim=1) / temperature).exp()
    return -(own / (left @ among.T / temperature).exp().sum(dim=1)).log()


def bpr_mf(ego: Tensor, model, batch: PairBatch) -> Tensor:
    return mean_bpr(ego, batch) + 0.03 * half_squares(ego, batch)


def ultragcn(ego: Tensor, model, batch: PairBatch) -> Tensor:
    """The authors' sums over the batch, divided by its size."""
    ones = interactions(GRAPH)
    d_users, d_items = ones.sum(dim=1), ones.sum(dim=0)
    beta_u, beta_i = (d_users + 1).sqrt() / d_users.clamp(min=1), 1 / (d_items + 1).sqrt()
    users, items = ego[:N_USERS], ego[N_USERS:]
    u, p, n = batch.users, batch.positives, batch.negatives
    positive = binary_cross_entropy_with_logits(
        (users[u] * items[p]).sum(dim=1), torch.ones(len(u), dtype=torch.float64),
        weight=0.1 + 0.7 * beta_u[u] * beta_i[p], reduction="none",
    )  # fmt: skip
    negative = binary_cross_entropy_with_logits(
        (users[u][:, None] * items[n]).sum(dim=2), torch.zeros(n.shape, dtype=torch.float64),
        weight=0.2 + 0.9 * beta_u[u][:, None] * beta_i[n], reduction="none",
    ).mean(dim=1)  # fmt: skip
    common = ones.T @ ones
    g = common.sum(dim=1)
    weights = (((g + 1).sqrt() / g)[:, None] / (g + 1).sqrt()) * common
    strength, neighbours = weights.topk(3, dim=1)
    near = (users[u][:, None] * items[neighbours[p]]).sum(dim=2)
    of_items = -(strength[p] * logsigmoid(near)).sum()
    loss = (positive + 40 * negative).sum() + 0.02 * ego.pow(2).sum() / 2 + 0.5 * of_items
    return loss / len(u)


def sgl(ego: Tensor, model, batch: PairBatch) -> Tensor:
    """The authors' sums over the batch, divided by its size; denominators over all nodes."""

    def seen(matrices: list[Tensor]) -> Tensor:
        layers = [ego]
        for matrix in matrices:
            layers.append(matrix @ layers[-1])
        return torch.stack(layers).mean(dim=0)

    whole = adjacency(interactions(GRAPH))
    first, second = (
        seen([adjacency(interactions(graph)) for graph in layers]) for layers in model.views
    )
    u, p = batch.users, N_USERS + batch.positives
    of_users = info_nce(first[u], second[u], second[:N_USERS], 0.3).sum()
    of_items = info_nce(first[p], second[p], second[N_USERS:], 0.3).sum()
    ranking = mean_bpr(seen([whole, whole]), batch) + 0.03 * half_squares(ego, batch)
    return ranking + 0.4 * (of_users + of_items) / len(u)


def noise(n_layers: int) -> Tensor:
    rng = torch.Generator().manual_seed(8)
    return torch.rand((n_layers, GRAPH.n_nodes, 6), generator=rng, dtype=torch.float64)


def xsimgcl(ego: Tensor, model, batch: PairBatch) -> Tensor:
    whole = adjacency(interactions(GRAPH))
    layer, layers = ego, []
    for draw in noise(3):
        layer = whole @ layer
        layer = layer + layer.sign() * normalize(draw, dim=1) * 0.2
        layers.append(layer)
    final, one = torch.stack(layers).mean(dim=0), layers[1]
    users, items = batch.users.unique(), N_USERS + batch.positives.unique()
    agreement = sum(
        info_nce(final[rows], one[rows], one[rows], 0.3).mean() for rows in (users, items)
    )
    return mean_bpr(final, batch) + 0.03 * half_squares(ego, batch) + 0.4 * agreement


def directau(n_layers: int) -> Callable[..., Tensor]:
    def loss(ego: Tensor, model, batch: PairBatch) -> Tensor:
        whole = adjacency(interactions(GRAPH))
        layers = [ego]
        for _ in range(n_layers):
            layers.append(whole @ layers[-1])
        final = torch.stack(layers).mean(dim=0)
        users = normalize(final[batch.users], dim=1)
        items = normalize(final[N_USERS + batch.positives], dim=1)
        apart = torch.combinations(torch.arange(len(users)))
        spread = [
            (rows[apart[:, 0]] - rows[apart[:, 1]]).pow(2).sum(dim=1).mul(-2).exp().mean().log()
            for rows in (users, items)
        ]
        aligned = (users - items).norm(dim=1).pow(2).mean()
        return aligned + 0.7 * sum(spread) / 2 + 0.03 * ego.pow(2).sum() / 2

    return loss


def lightgcl_dropped(ego: Tensor, model, batch: PairBatch) -> Tensor:
    """Each layer through its own matrix, whose entries are dropped and scaled independently."""
    whole = adjacency(interactions(GRAPH))
    rng = torch.Generator().manual_seed(21)
    layers = [ego]
    for _ in range(2):
        kept = torch.zeros_like(whole)
        kept[whole > 0] = (torch.rand(int((whole > 0).sum()), generator=rng) >= 0.3).double()
        layers.append((whole * kept / 0.7) @ layers[-1])
    final, before = sum(layers), layers[0] + layers[1]
    reconstructed = model.left @ torch.diag(model.singular_values) @ model.right.T
    smooth_users = ego[:N_USERS] + reconstructed @ before[N_USERS:]
    smooth_items = ego[N_USERS:] + reconstructed.T @ before[:N_USERS]
    contrast = 0.0
    for smooth, everyone, rows in (
        (smooth_users, final[:N_USERS], batch.users),
        (smooth_items, final[N_USERS:], batch.positives),
    ):
        total = (smooth[rows] @ everyone.T / 0.5).exp().sum(dim=1).log()
        own = ((smooth[rows] * everyone[rows]).sum(dim=1) / 0.5).clamp(-5, 5)
        contrast = contrast + (total - own).mean()
    return mean_bpr(final, batch) + 0.02 * ego.pow(2).sum() + 0.4 * contrast


COMMON = {"embedding_size": 6, "l2_weight": 0.03}
SGL = {**COMMON, "n_layers": 2, "temperature": 0.3, "contrastive_weight": 0.4, "drop_share": 0.25}
CASES = {
    "bpr-mf": ("bpr-mf", COMMON, bpr_mf, None),
    "ultragcn": (
        "ultragcn",
        {
            "embedding_size": 6, "w1": 0.1, "w2": 0.7, "w3": 0.2, "w4": 0.9,
            "negative_weight": 40.0, "l2_weight": 0.02, "item_weight": 0.5, "n_neighbours": 3,
        },
        ultragcn,
        4,
    ),
    "sgl-edge": ("sgl", {**SGL, "drop": "edge"}, sgl, None),
    "sgl-node": ("sgl", {**SGL, "drop": "node"}, sgl, None),
    "sgl-walk": ("sgl", {**SGL, "drop": "walk"}, sgl, None),
    "xsimgcl": (
        "xsimgcl",
        {
            **COMMON, "n_layers": 3, "contrasted_layer": 2, "temperature": 0.3,
            "contrastive_weight": 0.4, "noise": 0.2,
        },
        xsimgcl,
        None,
    ),
    "directau": ("directau", {**COMMON, "uniformity_weight": 0.7}, directau(0), None),
    "directau-lightgcn": (
        "directau", {**COMMON, "uniformity_weight": 0.7, "n_layers": 2}, directau(2), None,
    ),
    "lightgcl-dropout": (
        "lightgcl",
        {
            "embedding_size": 6, "dropout": 0.3, "l2_weight": 0.02, "contrastive_weight": 0.4,
            "temperature": 0.5, "contrast_negatives": False,
        },
        lightgcl_dropped,
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_loss_gradient_and_adam_step(case: str) -> None:
    name, settings, formula, n_negatives = CASES[case]
    entry = MODELS[name]
    model = entry.build(entry.config(**settings), GRAPH, torch.Generator().manual_seed(5))
    rng = torch.Generator().manual_seed(6)
    ego = 0.5 * torch.randn(model.nodes.shape, generator=rng, dtype=torch.float64)
    model.nodes.data = ego.clone()
    model.rng = torch.Generator().manual_seed(21)
    batch = batch_of(n_negatives)
    if name == "sgl":
        model.begin_epoch()

    reference = ego.clone().requires_grad_()
    expected = formula(reference, model, batch)
    (wanted,) = torch.autograd.grad(expected, reference)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE, fused=True)
    if name == "xsimgcl":
        found = model.loss_with_noise(batch, [Noise.of(layer) for layer in noise(3)])
    else:
        found = model.loss(batch)
    torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE)
    found.backward()
    torch.testing.assert_close(model.nodes.grad, wanted, rtol=0, atol=TOLERANCE)

    optimizer.step()
    # Adam's first step: both moments, their bias corrected, are the gradient and its square.
    stepped = ego - RATE * wanted / (wanted.abs() + 1e-8)
    torch.testing.assert_close(model.nodes.detach(), stepped, rtol=0, atol=TOLERANCE)


def test_dropout_of_lightgcl_is_off_at_evaluation() -> None:
    entry = MODELS["lightgcl"]
    with_dropout, without = (
        entry.build(entry.config(dropout=share), GRAPH, torch.Generator().manual_seed(5))
        for share in (0.3, 0.0)
    )
    with_dropout.eval()
    for left, right in zip(with_dropout.embed(), without.embed(), strict=True):
        assert torch.equal(left, right)
