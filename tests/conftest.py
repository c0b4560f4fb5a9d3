"""Fixtures that every layer's tests share."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings
from scipy import sparse

from ecorec.data.interactions import Interactions
from ecorec.data.synthetic import block
from ecorec.graph.bipartite import BipartiteGraph

ROOT = Path(__file__).parent.parent

# Properties hold on a busy machine as well: none has a time limit.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def external_data() -> Path:
    """Folder with data sets that may not be bundled; the test skips where there is none."""
    folder = Path(os.environ.get("ECOREC_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("needs data sets that may not be bundled: set ECOREC_DATA to their folder")
    return folder


@pytest.fixture(scope="session", autouse=True)
def cache_of_this_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests, and the commands that they start, out of the user's cache and proxy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ECOREC_CACHE", str(tmp_path_factory.mktemp("cache")))
        for name in ("NO_PROXY", "no_proxy"):  # the servers of tests are on this machine
            patch.setenv(name, "127.0.0.1")
        yield


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Two workers with two threads each would wait for each other: tests of threads ask for two."""
    numba.set_num_threads(1)
    torch.set_num_threads(1)


@pytest.fixture
def two_threads() -> Iterator[None]:
    """Two threads for torch and numba during one test, where the machine has them."""
    numba.set_num_threads(min(2, numba.config.NUMBA_NUM_THREADS))
    torch.set_num_threads(2)
    yield
    numba.set_num_threads(1)
    torch.set_num_threads(1)


@pytest.fixture
def blocks() -> Interactions:
    """90 users in three blocks over 60 items, with a little noise."""
    return block(90, 60, 3, 12, 0.1, seed=3)


def graph_of(interactions: Interactions, dtype: torch.dtype = torch.float64) -> BipartiteGraph:
    """Return the graph of some interactions."""
    return BipartiteGraph(
        interactions.users,
        interactions.items,
        interactions.n_users,
        interactions.n_items,
        dtype=dtype,
    )


def csr_of(interactions: Interactions) -> "sparse.csr_array[Any]":
    """Return ones at each (user, item), shape (users, items)."""
    ones, shape = np.ones(len(interactions)), (interactions.n_users, interactions.n_items)
    return sparse.csr_array((ones, (interactions.users, interactions.items)), shape=shape)


def interactions_of(pairs: list[tuple[int, int]], n_users: int, n_items: int) -> Interactions:
    """Return interactions from index pairs, with ids u0, u1, … and i0, i1, …."""
    users, items = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return Interactions(
        users.copy(),
        items.copy(),
        None,
        np.array([f"u{i}" for i in range(n_users)]),
        np.array([f"i{i}" for i in range(n_items)]),
        ordered=True,
    )
