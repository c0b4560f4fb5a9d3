"""Uniformity of distinct rows with counts against all pairs of the rows themselves."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import normalize

from ecorec.models import uniformity as module
from ecorec.models.uniformity import uniformity


def by_pairs(rows: Tensor) -> Tensor:
    return torch.pdist(rows).square().mul(-2).exp().mean().log()


@settings(deadline=None, max_examples=40)
@given(
    counts=st.lists(st.integers(1, 4), min_size=1, max_size=7).filter(lambda c: sum(c) > 1),
    size=st.integers(1, 5),
    per_block=st.sampled_from([1, 10, 10**6]),
    seed=st.integers(0, 2**31),
)
def test_as_all_pairs_have_it(counts: list[int], size: int, per_block: int, seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    table = torch.randn(len(counts), size, dtype=torch.float64, generator=rng, requires_grad=True)
    drawn = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    expected = by_pairs(normalize(table[drawn], dim=1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CACHED_SCORES", per_block)
        found = uniformity(normalize(table, dim=1), torch.tensor(counts, dtype=torch.float64))
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    if len(counts) > 1:
        # pdist has no gradient between rows at distance zero; those pairs move nothing.
        (ours,) = torch.autograd.grad(found, table)
        (theirs,) = torch.autograd.grad(expected, table)
        torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-10)


def test_a_single_row_is_spread_as_well_as_it_can_be() -> None:
    row = torch.tensor([[0.6, 0.8]], requires_grad=True)
    value = uniformity(row, torch.ones(1))
    value.backward()
    assert value == 0
    assert row.grad is not None
    assert row.grad.abs().max() == 0
