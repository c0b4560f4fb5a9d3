"""Uniform noise, drawn in parallel: a hash of (key, position) instead of a sequence.

A sequence of draws is made by one thread, one after another, and took a sixth of a step of SimGCL.
Here each number depends on its position only (a counter-based generator, as in Salmon et al.,
SC 2011): any number of threads gives the same noise, and a key from the run's own generator
gives the next batch another.
"""

from typing import Any, no_type_check

import numba
import numpy as np
import torch
from jaxtyping import Float
from numba import int32, uint32
from torch import Tensor
from torch.nn import functional

BLOCK = 2**14
"""Numbers that one thread draws at a time."""


def uniform(
    shape: tuple[int, ...], rng: torch.Generator, dtype: torch.dtype
) -> Float[Tensor, "..."]:
    """Return independent uniform numbers in [0, 1), multiples of 2^-24.

    Args:
        shape: Of the result.
        rng: Yields one key; its state tells a checkpoint which comes next.
        dtype: Of the result.
    """
    drawn = torch.empty(shape, dtype=dtype)
    _fill(drawn.view(-1).numpy(), *key(rng))
    return drawn


def key(rng: torch.Generator) -> tuple[np.uint32, np.uint32]:
    """Return a key for `drawn_at`: 64 bits from a run's generator."""
    low, high = torch.randint(2**32, (2,), generator=rng).tolist()
    return np.uint32(low), np.uint32(high)


def perturb_(
    draws: Float[Tensor, "nodes size"],
    layer: Float[Tensor, "nodes size"],
    moved: Float[Tensor, "nodes size"] | None,
    length: float,
) -> Float[Tensor, "nodes size"]:
    """Turn draws into the drift of a noisy layer, in one pass and in place.

    Each row becomes `moved` plus a vector of the given length along the row of draws, in the
    orthant of `layer + moved`: Yu et al., SimGCL (SIGIR 2022), equation 7.

    Args:
        draws: Uniform numbers in [0, 1), overwritten.
        layer: The clean layer.
        moved: The propagated drift of the layer before; `None` for the first.
        length: Of each row's noise (epsilon).
    """
    if draws.device.type != "cpu":
        drift = torch.zeros_like(layer) if moved is None else moved
        step_along = functional.normalize(draws, dim=1) * length
        return draws.copy_(step_along * (layer + drift).sign() + drift)
    noisy, clean = draws.numpy(), layer.detach().contiguous().numpy()
    step = noisy.dtype.type(length)
    if moved is None:
        _turn_first(noisy, clean, step)
    else:
        _turn(noisy, clean, moved.contiguous().numpy(), step)
    return draws


# numba widens what it computes with plain integers; with these it stays within 32-bit registers.
_M1, _M2, _M3 = np.uint32(0xED5AD4BB), np.uint32(0xAC4C1B51), np.uint32(0x31848BAB)
_S17, _S11, _S15, _S14, _S8 = (np.uint32(shift) for shift in (17, 11, 15, 14, 8))


@no_type_check
@numba.njit(inline="always")
def _mixed(x: Any) -> Any:
    """Return a 32-bit hash in which every bit of x changes every bit with probability 1/2.

    Multipliers and shifts are those of C. Wellons's "triple32" (public domain).
    """
    x = uint32(uint32(x ^ uint32(x >> _S17)) * _M1)
    x = uint32(uint32(x ^ uint32(x >> _S11)) * _M2)
    x = uint32(uint32(x ^ uint32(x >> _S15)) * _M3)
    return uint32(x ^ uint32(x >> _S14))


@no_type_check
@numba.njit(inline="always")
def drawn_at(position: Any, low: Any, high: Any) -> Any:
    """Return the number in [0, 1) of a key at a position, in float32."""
    word = _mixed(uint32(_mixed(uint32(uint32(position) ^ low)) + high))
    return np.float32(int32(word >> _S8)) * np.float32(2.0**-24)


@no_type_check
@numba.njit(nogil=True, cache=True)
def _fill_block(out: Any, first: Any, low: Any, high: Any) -> None:
    for i in range(out.size):
        out[i] = drawn_at(uint32(first + uint32(i)), low, high)


@no_type_check
@numba.njit(parallel=True, nogil=True, cache=True)
def _fill(out: Any, low: Any, high: Any) -> None:
    for block in numba.prange((out.size + BLOCK - 1) // BLOCK):
        first = block * BLOCK
        _fill_block(out[first : first + BLOCK], uint32(first), low, high)


@no_type_check
@numba.njit(parallel=True, nogil=True, fastmath={"contract", "reassoc"}, cache=True)
def _turn(draws: Any, layer: Any, moved: Any, length: Any) -> None:
    for row in numba.prange(draws.shape[0]):
        squares = draws.dtype.type(0)
        for column in range(draws.shape[1]):
            squares += draws[row, column] * draws[row, column]
        scale = length / max(np.sqrt(squares), draws.dtype.type(1e-12))
        for column in range(draws.shape[1]):
            drift = moved[row, column]
            here = layer[row, column] + drift
            sign = draws.dtype.type((here > 0) - (here < 0))
            draws[row, column] = sign * scale * draws[row, column] + drift


@no_type_check
@numba.njit(parallel=True, nogil=True, fastmath={"contract", "reassoc"}, cache=True)
def _turn_first(draws: Any, layer: Any, length: Any) -> None:
    for row in numba.prange(draws.shape[0]):
        squares = draws.dtype.type(0)
        for column in range(draws.shape[1]):
            squares += draws[row, column] * draws[row, column]
        scale = length / max(np.sqrt(squares), draws.dtype.type(1e-12))
        for column in range(draws.shape[1]):
            here = layer[row, column]
            sign = draws.dtype.type((here > 0) - (here < 0))
            draws[row, column] = sign * scale * draws[row, column]
