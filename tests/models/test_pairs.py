"""Losses on rows where they are, against the formulas on copies of them."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ecorec.data.batch import PairBatch
from ecorec.models import losses, pairs
from ecorec.models.base import batch_rows

N_USERS, N_ITEMS = 7, 9


def make(seed: int, size: int, n: int, dtype: torch.dtype) -> tuple[torch.Tensor, PairBatch]:
    """A batch in which rows occur several times, and as positive and negative at once."""
    rng = torch.Generator().manual_seed(seed)
    # Small, because torch takes the softplus of more than 20 for the number itself.
    nodes = 0.3 * torch.randn(N_USERS + N_ITEMS, size, generator=rng, dtype=dtype)
    users = torch.randint(N_USERS, (n,), generator=rng)
    items = torch.randint(N_ITEMS, (2, n), generator=rng)
    return nodes.requires_grad_(), PairBatch(users, items[0], items[1])


def plain(name: str, nodes: torch.Tensor, batch: PairBatch) -> torch.Tensor:
    rows = batch_rows(nodes, batch, N_USERS)
    if name == "bpr":
        return losses.bpr(losses.dot(rows[0], rows[2]) - losses.dot(rows[0], rows[1]))
    return getattr(losses, name)(*rows)


@pytest.mark.parametrize("name", ["bpr", "squared_norms", "plain_norms"])
@settings(max_examples=25)
@given(seed=st.integers(0, 1000), size=st.integers(1, 70), n=st.integers(1, 40))
def test_value_and_gradient_are_those_of_the_formula(name, seed: int, size: int, n: int) -> None:
    nodes, batch = make(seed, size, n, torch.float64)
    expected = 3 * plain(name, nodes, batch)
    (wanted,) = torch.autograd.grad(expected, nodes)
    found = 3 * getattr(pairs, name)(nodes, batch, N_USERS)
    (gradient,) = torch.autograd.grad(found, nodes)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(gradient, wanted, rtol=1e-11, atol=1e-13)


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), n=st.integers(1, 40))
def test_tables_side_by_side_are_as_good_as_joined(seed: int, n: int) -> None:
    nodes, batch = make(seed, 12, n, torch.float64)
    layers = [part.detach().clone().requires_grad_() for part in nodes.split([3, 4, 5], dim=1)]
    ranking, penalty = pairs.bpr_and_norms(layers, batch, N_USERS)
    expected = 3 * plain("bpr", nodes, batch) + 2 * plain("plain_norms", nodes, batch)
    (wanted,) = torch.autograd.grad(expected, nodes)
    gradients = torch.autograd.grad(3 * ranking + 2 * penalty, layers)
    torch.testing.assert_close(3 * ranking + 2 * penalty, expected, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(torch.cat(gradients, dim=1), wanted, rtol=1e-11, atol=1e-13)


def test_in_float32_it_is_as_near_as_float32_is() -> None:
    nodes, batch = make(1, 64, 40, torch.float32)
    found = pairs.bpr(nodes, batch, N_USERS)
    (gradient,) = torch.autograd.grad(found, nodes)
    exact = nodes.detach().double().requires_grad_()
    (wanted,) = torch.autograd.grad(plain("bpr", exact, batch), exact)
    assert (gradient - wanted).norm() / wanted.norm() < 1e-6


def test_rows_of_nothing_but_zeros_have_no_direction() -> None:
    nodes = torch.zeros(N_USERS + N_ITEMS, 4, requires_grad=True)
    batch = make(0, 4, 5, torch.float32)[1]
    (gradient,) = torch.autograd.grad(pairs.plain_norms(nodes, batch, N_USERS), nodes)
    assert gradient.abs().max() == 0


def test_a_gradient_can_be_taken_twice() -> None:
    nodes, batch = make(2, 8, 20, torch.float64)
    loss = pairs.bpr(nodes, batch, N_USERS)
    first, second = (torch.autograd.grad(loss, nodes, retain_graph=True)[0] for _ in range(2))
    assert torch.equal(first, second)
