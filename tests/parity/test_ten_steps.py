"""Ten steps on the fast path in float32 against ten on the library's product in float64.

Random graphs with nodes that have no edge, pairs that have only each other, and hubs. A kernel
that left out one edge, or scaled one row wrongly, would be off by a share of the whole.
"""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ecorec.data.batch import PairBatch
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.catalogue import MODELS

STEPS = 10
SETTINGS = {
    "lightgcn": {"n_layers": 3},
    "simgcl": {"temperature": 0.2},
    "lightgcl": {},
    "ngcf": {"dropout": 0.0},
}


def edges(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Users and items of 60 x 50: a hub on each side, lonely pairs, and some without any edge."""
    rng = np.random.default_rng(seed)
    filled = np.zeros((60, 50), dtype=bool)
    filled[rng.integers(0, 40, 150), rng.integers(0, 30, 150)] = True
    filled[0, :30] = filled[:40, 0] = True
    filled[40:45, 30:35] = np.eye(5, dtype=bool)
    return np.nonzero(filled)


def embeddings(
    name: str, seed: int, size: int, dtype: torch.dtype, kernel: str
) -> tuple[torch.Tensor, ...]:
    users, items = edges(seed)
    graph = BipartiteGraph(users, items, 60, 50, dtype=dtype, kernel=kernel)
    entry = MODELS[name]
    config = entry.config(embedding_size=size, **SETTINGS[name])
    model = entry.build(config, graph, torch.Generator().manual_seed(seed % 1000))
    model.rng = torch.Generator().manual_seed(7)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    rng = np.random.default_rng(seed)
    for _ in range(STEPS):
        chosen = rng.integers(0, users.size, 40)
        others = torch.from_numpy(rng.integers(0, 50, 40))
        batch = PairBatch(torch.from_numpy(users[chosen]), torch.from_numpy(items[chosen]), others)
        optimizer.zero_grad()
        model.loss(batch).backward()
        optimizer.step()
    return tuple(part.detach().double() for part in model.embed())


def distance(found: tuple[torch.Tensor, ...], expected: tuple[torch.Tensor, ...]) -> float:
    pairs = zip(found, expected, strict=True)
    return max(float((one - other).norm() / other.norm()) for one, other in pairs)


@pytest.mark.parametrize("name", SETTINGS)
@settings(max_examples=8)
@given(seed=st.integers(0, 2**31), size=st.sampled_from([8, 24]))
def test_float32_and_float64_agree(name: str, seed: int, size: int) -> None:
    fast = embeddings(name, seed, size, torch.float32, "fixed-width")
    exact = embeddings(name, seed, size, torch.float64, "library")
    error = distance(fast, exact)
    if error > 1e-6:
        # Adam gives a gradient of nearly zero the sign that rounding leaves it, and noise follows
        # the sign of a layer: one problem in fifty magnifies float32 itself, on any kernel.
        plain = embeddings(name, seed, size, torch.float32, "library")
        assert error <= 10 * distance(plain, exact)


@pytest.mark.parametrize("name", SETTINGS)
def test_the_same_threads_give_the_same_bits(name: str) -> None:
    once, again = (embeddings(name, 3, 24, torch.float32, "fixed-width") for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(once, again, strict=True))
