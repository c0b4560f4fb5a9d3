"""What ecorec is compared with computes the same: losses at equal parameters, without noise."""

import pytest
import torch
from systems.plain_models import MODELS
from systems.propagation import OPERATORS

from ecorec.data.batch import PairBatch
from ecorec.models.catalogue import find_model
from tests.conftest import graph_of


def test_every_operator_is_the_adjacency(blocks) -> None:
    graph = graph_of(blocks)
    table = torch.randn(graph.n_nodes, 5, dtype=torch.float64)
    expected = graph.propagate(table)
    for name in ("csr", "coo"):
        assert torch.allclose(OPERATORS[name](graph)(table), expected, rtol=1e-12, atol=1e-13)
    pytest.importorskip("torch_geometric", reason="PyG is installed by `make bench` only")
    assert torch.allclose(OPERATORS["pyg"](graph)(table), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", MODELS)
def test_losses_are_those_of_ecorec(name: str, blocks) -> None:
    graph = graph_of(blocks)
    still = {"ngcf": {"dropout": 0.0}, "simgcl": {"noise": 0.0}}.get(name, {})
    entry = find_model(name)
    ours = entry.build(
        entry.config(embedding_size=8, n_layers=2, **still),
        graph,
        torch.Generator().manual_seed(3),
    )
    plain = MODELS[name](graph, OPERATORS["csr"](graph), 8, 2).double()
    users, items = ours.nodes.detach().split([graph.n_users, graph.n_items])
    plain.users.data, plain.items.data = users.clone(), items.clone()
    for branch in ("sums", "products") if name == "ngcf" else ():
        getattr(plain, branch).load_state_dict(getattr(ours, branch).state_dict())
    if name == "lightgcl":
        plain.left, plain.right = ours.left, ours.right
        plain.singular_values = ours.singular_values
    draw = torch.Generator().manual_seed(4)
    batch = PairBatch(
        torch.randint(0, graph.n_users, (40,), generator=draw),
        torch.randint(0, graph.n_items, (40,), generator=draw),
        torch.randint(0, graph.n_items, (40,), generator=draw),
    )
    loss = plain.loss(batch, **still).detach()
    assert float(loss) == pytest.approx(float(ours.loss(batch).detach()), rel=1e-9)
