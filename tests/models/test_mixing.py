"""A layer of NGCF in fused passes, against its equations and finite differences."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from ecorec.graph.adjacency import RowBlocks
from ecorec.models import mixing
from ecorec.models.mixing import mix
from ecorec.models.mixing_loops import SLOPE


def inputs(n: int = 12, size: int = 5, width: int = 7) -> list[torch.Tensor]:
    rng = torch.Generator().manual_seed(5)
    shapes = [(n, size), (n, size), (width, size), (width,), (width, size), (width,)]
    return [
        torch.randn(shape, generator=rng, dtype=torch.float64, requires_grad=True)
        for shape in shapes
    ]


def mixed(values: list[torch.Tensor], dropout: float, seed: int = 0) -> torch.Tensor:
    neighbours, layer, *weights = values
    return mix(neighbours, layer, tuple(weights), dropout, torch.Generator().manual_seed(seed))


def test_without_dropout_it_is_the_equations() -> None:
    values = inputs()
    neighbours, layer, w1, b1, w2, b2 = values
    expected = functional.normalize(
        functional.leaky_relu(
            (neighbours + layer) @ w1.T + b1 + (neighbours * layer) @ w2.T + b2, SLOPE
        ),
        dim=1,
    )
    direction = torch.randn(expected.shape, generator=torch.Generator().manual_seed(1)).double()
    found = mixed(values, 0.0)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)
    wanted = torch.autograd.grad((expected * direction).sum(), values)
    gradients = torch.autograd.grad((found * direction).sum(), values)
    for gradient, reference in zip(gradients, wanted, strict=True):
        torch.testing.assert_close(gradient, reference, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("rows", [None, np.arange(0, 30, 2, dtype=np.int32)])
def test_blocks_of_rows_are_all_rows(rows, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for at_once in (30, 7):
        monkeypatch.setattr(mixing, "ROWS_AT_ONCE", at_once)
        monkeypatch.setattr(mixing, "ROWS_PER_BLOCK", 4)
        values = inputs(n=30)
        only = None if rows is None else RowBlocks(rows, np.array([0, rows.size]), n_edges=9)
        out = mix(values[0], values[1], tuple(values[2:]), 0.3,
                  torch.Generator().manual_seed(2), only)  # fmt: skip
        out = out if rows is None else out[rows]
        direction = torch.randn(out.shape, generator=torch.Generator().manual_seed(1)).double()
        found.append([out, *torch.autograd.grad((out * direction).sum(), values)])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_gradients_are_finite_differences(dropout: float) -> None:
    assert torch.autograd.gradcheck(lambda *values: mixed(list(values), dropout), inputs())


def test_dropout_drops_its_share_and_keeps_the_direction_of_the_rest() -> None:
    values = inputs(n=2000, size=8, width=32)
    whole, dropped = mixed(values, 0.0).detach(), mixed(values, 0.3).detach()
    share = (dropped == 0).double().mean()
    assert abs(share - 0.3) < 5 * (0.21 / dropped.numel()) ** 0.5
    kept = dropped != 0
    # Rows have length one before and after: what is left points where it did.
    masked = functional.normalize(whole * kept, dim=1)
    torch.testing.assert_close(dropped, masked, rtol=1e-10, atol=1e-12)
    assert not torch.equal(dropped, mixed(values, 0.3, seed=1).detach())


def test_rows_that_are_asked_for_and_their_gradients_are_those_of_all_rows() -> None:
    values = inputs(n=30)
    chosen = np.array([2, 3, 11, 29], dtype=np.int32)
    rows = RowBlocks(chosen, np.array([0, 4]), n_edges=4)
    neighbours, layer, *weights = values
    found, whole = (
        mix(neighbours, layer, tuple(weights), 0.3, torch.Generator().manual_seed(4), only)[chosen]
        for only in (rows, None)
    )
    assert torch.equal(found, whole)
    direction = torch.randn(found.shape, generator=torch.Generator().manual_seed(1)).double()
    gradients, wanted = (
        torch.autograd.grad((part * direction).sum(), values) for part in (found, whole)
    )
    for gradient, reference in zip(gradients, wanted, strict=True):
        torch.testing.assert_close(gradient, reference, rtol=1e-12, atol=1e-14)
