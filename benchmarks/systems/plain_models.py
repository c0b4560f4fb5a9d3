"""The four GNNs written down as their papers do, one library call an operation, for comparison.

Each takes the operator that propagates, and leaves every gradient to autograd. `tests/benchmarks`
holds their losses against those of ecorec's models.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph
from systems.propagation import Propagate


class Plain(nn.Module):
    """Tables of users and items, and the loss that the models share."""

    def __init__(self, graph: BipartiteGraph, propagate: Propagate, size: int, n_layers: int):
        super().__init__()
        self.n_users, self.n_items = graph.n_users, graph.n_items
        self.users = nn.Parameter(nn.init.xavier_uniform_(torch.empty(graph.n_users, size)))
        self.items = nn.Parameter(nn.init.xavier_uniform_(torch.empty(graph.n_items, size)))
        self.propagate, self.n_layers = propagate, n_layers

    def ego(self) -> Tensor:
        """Return the embeddings of all nodes."""
        return torch.cat([self.users, self.items])

    def layers(self) -> list[Tensor]:
        """Return the propagations 0 to `n_layers`."""
        layers = [self.ego()]
        for _ in range(self.n_layers):
            layers.append(self.propagate(layers[-1]))
        return layers

    def rows(self, nodes: Tensor, batch: PairBatch) -> tuple[Tensor, Tensor, Tensor]:
        """Return the rows of a batch."""
        users, items = nodes.split([self.n_users, self.n_items])
        return users[batch.users], items[batch.positives], items[batch.negatives]

    def bpr(self, nodes: Tensor, batch: PairBatch) -> Tensor:
        """Return the mean of -log sigmoid of the difference."""
        users, liked, other = self.rows(nodes, batch)
        difference = (users * liked).sum(dim=1) - (users * other).sum(dim=1)
        return -functional.logsigmoid(difference).mean()

    def norms(self, nodes: Tensor, batch: PairBatch, *, squared: bool) -> Tensor:
        """Return the penalty on the rows of a batch, per pair."""
        rows = self.rows(nodes, batch)
        parts = [part.square().sum() / 2 if squared else part.norm() for part in rows]
        return sum(parts) / batch.users.numel()  # type: ignore[return-value]


class LightGCN(Plain):
    """He et al. 2020."""

    def loss(self, batch: PairBatch) -> Tensor:
        """Return the objective on one batch."""
        final = torch.stack(self.layers(), dim=1).mean(dim=1)
        return self.bpr(final, batch) + 1e-5 * self.norms(self.ego(), batch, squared=True)


class NGCF(Plain):
    """Wang et al. 2019."""

    def __init__(self, graph: BipartiteGraph, propagate: Propagate, size: int, n_layers: int):
        super().__init__(graph, propagate, size, n_layers)
        for table in (self.users, self.items):
            nn.init.xavier_normal_(table)
        self.sums, self.products = (
            nn.ModuleList(nn.Linear(size, size) for _ in range(n_layers)) for _ in range(2)
        )

    def loss(self, batch: PairBatch, dropout: float = 0.1) -> Tensor:
        """Return the objective on one batch."""
        layers = [self.ego()]
        for mix_sum, mix_product in zip(self.sums, self.products, strict=True):
            near = self.propagate(layers[-1])
            mixed = mix_sum(near + layers[-1]) + mix_product(near * layers[-1])
            mixed = functional.dropout(functional.leaky_relu(mixed, 0.2), dropout)
            layers.append(functional.normalize(mixed))
        final = torch.cat(layers, dim=1)
        return self.bpr(final, batch) + 1e-5 * self.norms(final, batch, squared=False)


class SimGCL(Plain):
    """Yu et al. 2022: three propagations a step, two of them noisy."""

    def view(self, noise: float) -> Tensor:
        """Return the mean of the layers after the ego layer, each with noise."""
        layer, layers = self.ego(), []
        for _ in range(self.n_layers):
            layer = self.propagate(layer)
            if noise:
                random = functional.normalize(torch.rand_like(layer), dim=1)
                layer = layer + layer.sign() * random * noise
            layers.append(layer)
        return torch.stack(layers, dim=1).mean(dim=1)

    def loss(self, batch: PairBatch, noise: float = 0.1) -> Tensor:
        """Return the objective on one batch."""
        ranking = self.bpr(self.view(0.0), batch)
        penalty = self.norms(self.ego(), batch, squared=False)
        one, other = (self.view(noise).split([self.n_users, self.n_items]) for _ in range(2))
        agreement = sum(
            self.info_nce(left[rows.unique()], right[rows.unique()])
            for left, right, rows in zip(one, other, (batch.users, batch.positives), strict=True)
        )
        return ranking + 1e-4 * penalty + 0.01 * agreement

    def info_nce(self, left: Tensor, right: Tensor, temperature: float = 0.05) -> Tensor:
        """Return the mean contrast of rows with their partners among all."""
        left, right = functional.normalize(left), functional.normalize(right)
        return functional.cross_entropy(left @ right.T / temperature, torch.arange(len(left)))


class LightGCL(Plain):
    """Cai et al. 2023: a low-rank product beside every sparse one."""

    def __init__(
        self,
        graph: BipartiteGraph,
        propagate: Propagate,
        size: int,
        n_layers: int,
        rank: int = 5,
    ):
        super().__init__(graph, propagate, size, n_layers)
        matrix = graph.normalized_interactions().tocoo()
        sparse = torch.sparse_coo_tensor(
            *_torch_coo(matrix), size=matrix.shape, check_invariants=True
        )
        self.left, s, self.right = torch.svd_lowrank(sparse.coalesce(), q=rank, niter=2)
        self.singular_values = s

    def loss(self, batch: PairBatch, temperature: float = 0.8) -> Tensor:
        """Return the objective on one batch."""
        layers = self.layers()
        smooth_users, smooth_items = [self.users], [self.items]
        for layer in layers[:-1]:
            users, items = layer.split([self.n_users, self.n_items])
            scaled = self.left * self.singular_values, self.right * self.singular_values
            smooth_users.append(scaled[0] @ (self.right.T @ items))
            smooth_items.append(scaled[1] @ (self.left.T @ users))
        final = sum(layers)
        users, items = final.split([self.n_users, self.n_items])
        contrasted = torch.cat([batch.positives, batch.negatives])
        contrast = _contrast(sum(smooth_users)[batch.users], users, batch.users, temperature)
        contrast = contrast + _contrast(
            sum(smooth_items)[contrasted], items, contrasted, temperature
        )
        penalty = self.users.square().sum() + self.items.square().sum()
        return self.bpr(final, batch) + 1e-5 * penalty + 0.01 * contrast


def _contrast(view: Tensor, everyone: Tensor, rows: Tensor, temperature: float) -> Tensor:
    own = ((view * everyone[rows]).sum(dim=1) / temperature).clamp(-5.0, 5.0).mean()
    return torch.logsumexp(view @ everyone.T / temperature, dim=1).mean() - own


def _torch_coo(matrix: object) -> tuple[Tensor, Tensor]:
    rows, columns = matrix.coords  # type: ignore[attr-defined]
    index = torch.stack([torch.from_numpy(rows).long(), torch.from_numpy(columns).long()])
    return index, torch.from_numpy(matrix.data)  # type: ignore[attr-defined]


MODELS: dict[str, type[Plain]] = {
    "lightgcn": LightGCN,
    "ngcf": NGCF,
    "simgcl": SimGCL,
    "lightgcl": LightGCL,
}
