"""The blocked log-sum-exp against torch's own, values and gradients."""

import math

import pytest
import torch
from torch import Tensor

from ecorec.models import losses


def tables(scale: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    rng = torch.Generator().manual_seed(1)
    left, right = (
        torch.randn(n, 5, dtype=torch.float64, generator=rng).mul(scale).requires_grad_()
        for n in (23, 31)
    )
    return left, right, torch.rand(23, dtype=torch.float64, generator=rng)


@pytest.mark.parametrize("per_block", [1, 70, 10**6])
@pytest.mark.parametrize(("scale", "largest"), [(1.0, 30.0), (1.0, math.inf), (40.0, math.inf)])
def test_value_and_gradients(per_block: int, scale: float, largest: float, monkeypatch) -> None:
    monkeypatch.setattr(losses, "CACHED_SCORES", per_block)
    monkeypatch.setattr(losses, "LEAST_ROWS", 2)
    left, right, weights = tables(scale)
    found = losses.weighted_log_sum_exp(left, right, weights, largest=largest)
    (3 * found).backward()
    gradients = left.grad, right.grad
    left.grad = right.grad = None
    expected = weights @ (left @ right.T).logsumexp(dim=1)
    (3 * expected).backward()
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=0)
    torch.testing.assert_close(gradients, (left.grad, right.grad), rtol=1e-10, atol=1e-13)


def test_scores_that_overflow_float32_need_the_largest_to_be_taken_off() -> None:
    left, right, weights = (part.detach().float() for part in tables(40.0))
    found = losses.weighted_log_sum_exp(left, right, weights)
    expected = weights @ (left @ right.T).logsumexp(dim=1)
    assert torch.isfinite(found)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=0)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_info_nce_is_the_cross_entropy_of_the_own_partner(reduction: str) -> None:
    left, _, _ = tables()
    right = left.flip(1)
    logits = torch.cosine_similarity(left[:, None], right[None], dim=2) / 0.2
    expected = torch.nn.functional.cross_entropy(logits, torch.arange(23), reduction=reduction)
    torch.testing.assert_close(losses.info_nce(left, right, 0.2, reduction), expected)
