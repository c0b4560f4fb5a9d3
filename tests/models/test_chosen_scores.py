"""Scores of chosen items, by loops and by one product, against the formula on copies of rows."""

import numba
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ecorec.models import chosen_scores as module
from ecorec.models.chosen_scores import chosen_scores, scored_at_once

N_ITEMS = 13
WAYS = {"loops": 0, "one product": 1000}
"""Items of the catalogue for each choice up to which there is one product."""


def made(seed: int, size: int, shape: tuple[int, int], dtype: torch.dtype) -> list[torch.Tensor]:
    """Rows, items, choices among which items occur several times, and weights of the scores."""
    rng = torch.Generator().manual_seed(seed)
    rows = torch.randn(shape[0], size, generator=rng, dtype=dtype, requires_grad=True)
    items = torch.randn(N_ITEMS, size, generator=rng, dtype=dtype, requires_grad=True)
    chosen = torch.randint(N_ITEMS, shape, generator=rng)
    return [rows, items, chosen, torch.randn(shape, generator=rng, dtype=dtype)]


def weighed(
    rows: torch.Tensor, items: torch.Tensor, chosen: torch.Tensor, weights: torch.Tensor
) -> tuple[torch.Tensor, ...]:
    """Scores, and the gradients of rows and items if each score has a weight."""
    scores = chosen_scores(rows, items, chosen)
    return scores.detach(), *torch.autograd.grad((scores * weights).sum(), (rows, items))


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=25)
@given(seed=st.integers(0, 999), size=st.integers(1, 40), n=st.integers(1, 9), k=st.integers(1, 20))
def test_scores_and_gradients_are_those_of_the_formula(
    way: str, seed: int, size: int, n: int, k: int
) -> None:
    rows, items, chosen, weights = made(seed, size, (n, k), torch.float64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(module.ITEMS_PER_CHOICE, "cpu", WAYS[way])
        found = weighed(rows, items, chosen, weights)
    plain = (rows[:, None] * items[chosen]).sum(dim=2)
    wanted = (plain.detach(), *torch.autograd.grad((plain * weights).sum(), (rows, items)))
    for left, right in zip(found, wanted, strict=True):
        torch.testing.assert_close(left, right, rtol=1e-12, atol=1e-13)


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one CPU")
@pytest.mark.parametrize("size", [1, 5, 64])
def test_threads_change_nothing(size: int) -> None:
    given_ = made(4, size, (30, 3), torch.float32)
    before, found = numba.get_num_threads(), []
    try:
        for threads in (1, 2):
            numba.set_num_threads(threads)
            found.append(weighed(*given_))
    finally:
        numba.set_num_threads(before)
    assert not scored_at_once(N_ITEMS, 3)
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_rows_and_items_may_be_parts_of_a_table() -> None:
    rows, items, chosen, weights = made(5, 6, (4, 3), torch.float64)
    joined = torch.cat([rows, items], dim=0).detach().T.contiguous().T.requires_grad_()
    scores = chosen_scores(joined[:4], joined[4:], chosen)
    (gradient,) = torch.autograd.grad((scores * weights).sum(), joined)
    expected = weighed(rows, items, chosen, weights)
    assert torch.equal(scores, expected[0])
    assert torch.equal(gradient, torch.cat(expected[1:]))
