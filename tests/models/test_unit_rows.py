"""Rows of length one, and their gradient, against torch's own."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from ecorec.models.unit_rows import unit_rows


@settings(deadline=None, max_examples=30)
@given(
    n_rows=st.integers(1, 6),
    size=st.integers(1, 9),
    scale=st.sampled_from([1.0, 5.0, 1 / 3]),
    seed=st.integers(0, 2**31),
)
def test_as_autograd_has_it(n_rows: int, size: int, scale: float, seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    rows = torch.randn(n_rows, size, dtype=torch.float64, generator=rng, requires_grad=True)
    gradient = torch.randn(n_rows, size, dtype=torch.float64, generator=rng)
    expected = functional.normalize(rows, dim=1) * scale
    (to_rows,) = torch.autograd.grad(expected, rows, gradient)
    found = unit_rows(rows, scale)
    (ours,) = torch.autograd.grad(found, rows, gradient)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(ours, to_rows, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("length", [0.0, 1e-15])
def test_a_row_too_short_is_divided_by_a_constant(length: float) -> None:
    rows = torch.tensor([[length, 0.0], [3.0, 4.0]], dtype=torch.float64, requires_grad=True)
    found = unit_rows(rows)
    assert found[1].tolist() == pytest.approx([0.6, 0.8])
    assert found[0].tolist() == [length / 1e-12, 0.0]
    found[0].sum().backward()
    assert rows.grad is not None
    assert rows.grad[0].tolist() == pytest.approx([1e12, 1e12])
    assert rows.grad[1].tolist() == [0.0, 0.0]


def test_rows_that_are_a_view_of_something_else() -> None:
    table = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    torch.testing.assert_close(unit_rows(table.T), functional.normalize(table.T, dim=1))
