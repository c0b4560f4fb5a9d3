"""Noise by position: its distribution, its independence, and SimGCL's step on it."""

import numba
import numpy as np
import pytest
import torch
from scipy import stats
from torch.nn import functional

from ecorec.graph.adjacency import RowBlocks
from ecorec.models.noise import Noise, perturbed

N = 400_000


def uniform(shape: tuple[int, ...], generator: torch.Generator, dtype: torch.dtype) -> torch.Tensor:
    wide = (1, *shape) if len(shape) == 1 else shape
    return Noise.drawn(generator).numbers(torch.empty(wide, dtype=dtype)).reshape(shape)


def rng(seed: int = 3) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_it_is_uniform(dtype: torch.dtype) -> None:
    drawn = uniform((N,), rng(), dtype).numpy()
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert stats.kstest(drawn, "uniform").pvalue > 1e-3
    # Every one of the 24 bits is set half of the time, to 5 standard errors.
    words = (drawn.astype(np.float64) * 2**24).astype(np.int64)
    shares = np.array([(words >> bit & 1).mean() for bit in range(24)])
    assert np.abs(shares - 0.5).max() < 5 * 0.5 / N**0.5


@pytest.mark.parametrize("lag", [1, 2, 64, 256, 1024])
def test_neighbours_are_independent(lag: int) -> None:
    drawn = uniform((N,), rng(), torch.float32).numpy()
    counts = np.histogram2d(drawn[:-lag], drawn[lag:], bins=16, range=[[0, 1], [0, 1]])[0]
    assert stats.chisquare(counts.ravel()).pvalue > 1e-3


def test_the_next_key_gives_other_noise_and_the_same_state_the_same() -> None:
    generator = rng()
    first, second = (uniform((N,), generator, torch.float32) for _ in range(2))
    assert torch.equal(first, uniform((N,), rng(), torch.float32))
    assert abs(np.corrcoef(first.numpy(), second.numpy())[0, 1]) < 5 / N**0.5


def test_threads_do_not_change_it(two_threads) -> None:
    together = uniform((1000, 77), rng(), torch.float32)
    numba.set_num_threads(1)
    assert torch.equal(together, uniform((1000, 77), rng(), torch.float32))


@pytest.mark.parametrize("first", [True, False])
def test_a_noisy_layer_is_equation_7(first: bool) -> None:
    """Noise of length epsilon in the orthant of the layer that it is added to."""
    layer = torch.randn(50, 9, generator=rng(1), dtype=torch.float64)
    moved = None if first else torch.randn(50, 9, generator=rng(2), dtype=torch.float64)
    draws = uniform((50, 9), rng(4), torch.float64)
    before = torch.zeros_like(layer) if moved is None else moved
    expected = before + 0.3 * functional.normalize(draws, dim=1) * (layer + before).sign()
    found = perturbed(layer, moved, Noise.of(draws), 0.3)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close((found - before).norm(dim=1), torch.full((50,), 0.3).double())


def test_noise_that_is_drawn_on_the_way_is_the_noise_of_its_key() -> None:
    layer, noise = torch.randn(50, 9, generator=rng(1)), Noise.drawn(rng(4))
    stored = perturbed(layer, layer, Noise.of(noise.numbers(layer)), 0.3)
    assert torch.equal(perturbed(layer, layer, noise, 0.3), stored)


def test_rows_that_are_asked_for_are_those_of_all_rows() -> None:
    layer, noise = torch.randn(50, 9, generator=rng(1)), Noise.drawn(rng(4))
    rows = RowBlocks(np.array([3, 7, 49], dtype=np.int32), np.array([0, 3]), n_edges=3)
    some = perturbed(layer, None, noise, 0.3, rows)
    every = perturbed(layer, None, noise, 0.3)
    torch.testing.assert_close(some[rows.rows], every[rows.rows], rtol=1e-6, atol=1e-7)
