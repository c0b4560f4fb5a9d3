"""Uniform noise, drawn in parallel: a hash of (key, position) instead of a sequence.

A sequence of draws is made by one thread, one after another, and took a sixth of a step of SimGCL.
Here each number depends on its position only (a counter-based generator, as in Salmon et al.,
SC 2011): any number of threads gives the same noise, a key from the run's own generator
gives the next batch another, and a row's noise is drawn where it is needed and never stored.
"""

from dataclasses import dataclass
from typing import Any, no_type_check

import numba
import numpy as np
import torch
from jaxtyping import Float
from numba import int32, uint32
from torch import Tensor
from torch.nn import functional

from ecorec.graph.adjacency import RowBlocks
from ecorec.graph.shard import WHOLE, ColumnShard
from ecorec.graph.tables import empty_like, zeros_like

BLOCK = 2**14
"""Numbers that one thread draws at a time."""

Key = tuple[np.uint32, np.uint32]
"""What `drawn_at` needs beside a position."""


@dataclass(frozen=True, eq=False)
class Noise:
    """Uniform numbers in [0, 1) for every entry of a layer."""

    key: Key
    given: Float[Tensor, "nodes size"] | None = None
    """The numbers themselves, where they are not to be drawn (by a comparison with a reference)."""

    @classmethod
    def drawn(cls, rng: torch.Generator) -> "Noise":
        """Return noise by the next key of a run's generator."""
        return cls(key(rng))

    @classmethod
    def of(cls, numbers: Float[Tensor, "nodes size"]) -> "Noise":
        """Return noise that was drawn elsewhere."""
        return cls((np.uint32(0), np.uint32(0)), numbers)

    def numbers(
        self, like: Float[Tensor, "nodes own"], shard: ColumnShard = WHOLE
    ) -> Float[Tensor, "nodes size"]:
        """Return the numbers of whole rows, in the dtype of a layer and on its device."""
        if self.given is not None:
            return self.given.to(like)
        drawn = torch.empty(like.shape[0], like.shape[1] * shard.n_shards, dtype=like.dtype)
        _fill(drawn.view(-1).numpy(), *self.key)
        return drawn.to(like.device)


def key(rng: torch.Generator) -> Key:
    """Return a key for `drawn_at`: 64 bits from a run's generator."""
    low, high = torch.randint(2**32, (2,), generator=rng).tolist()
    return np.uint32(low), np.uint32(high)


def perturbed(
    layer: Float[Tensor, "nodes size"],
    moved: Float[Tensor, "nodes size"] | None,
    noise: Noise,
    length: float,
    rows: RowBlocks | None = None,
    shard: ColumnShard = WHOLE,
) -> Float[Tensor, "nodes size"]:
    """Return the drift of a noisy layer from the clean one, in one pass.

    Each row is `moved` plus a vector of the given length along the row's noise, in the
    orthant of `layer + moved`: Yu et al., SimGCL (SIGIR 2022), equation 7. A process that holds
    some columns draws the noise of the others as well, to know the length of the row: that is
    cheaper than to ask for it.

    Args:
        layer: The clean layer.
        moved: The propagated drift of the layer before; `None` for the first.
        noise: Before its rows are normalised.
        length: Of each row's noise (epsilon).
        rows: The only rows that are needed; all, if not given.
        shard: Whose columns the layer has.
    """
    clean = layer.detach().contiguous()
    if clean.device.type != "cpu":
        drift = zeros_like(clean) if moved is None else moved
        step_along = functional.normalize(noise.numbers(clean, shard), dim=1) * length
        return shard.cut(step_along) * (clean + drift).sign() + drift
    size = clean.shape[1] * shard.n_shards
    out = empty_like(clean)
    _perturb(
        out.numpy(),
        clean.numpy(),
        None if moved is None else moved.contiguous().numpy(),
        None if noise.given is None else noise.given.contiguous().numpy(),
        *noise.key,
        out.numpy().dtype.type(length),
        None if rows is None else rows.rows,
        shard.columns(size).start,
        size,
    )
    return out


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
@numba.njit(parallel=True, nogil=True, cache=True)
def _perturb(
    out: Any, layer: Any, moved: Any, given: Any, low: Any, high: Any, length: Any, rows: Any,
    first: Any, size: Any,
) -> None:  # fmt: skip
    if rows is None:
        for row in numba.prange(layer.shape[0]):
            _perturb_row(out, layer, moved, given, low, high, length, row, first, size)
    else:
        for at in numba.prange(rows.size):
            _perturb_row(out, layer, moved, given, low, high, length, rows[at], first, size)


@no_type_check
@numba.njit(nogil=True, fastmath={"contract", "reassoc"}, cache=True)
def _perturb_row(
    out: Any, layer: Any, moved: Any, given: Any, low: Any, high: Any, length: Any, row: Any,
    first: Any, size: Any,
) -> None:  # fmt: skip
    width = layer.shape[1]
    # In double precision: the sum is the same in whichever order, and however columns are shared.
    squares = 0.0
    for column in range(width):
        if given is not None:
            draw = given[row, first + column]
        else:
            draw = out.dtype.type(drawn_at(row * size + first + column, low, high))
        out[row, column] = draw
        squares += draw * draw
    for elsewhere in range(size - width):
        column = (first + width + elsewhere) % size
        if given is not None:
            draw = given[row, column]
        else:
            draw = out.dtype.type(drawn_at(row * size + column, low, high))
        squares += draw * draw
    scale = length / max(out.dtype.type(np.sqrt(squares)), out.dtype.type(1e-12))
    for column in range(width):
        here = layer[row, column]
        if moved is not None:
            here += moved[row, column]
        step = out.dtype.type((here > 0) - (here < 0)) * scale * out[row, column]
        if moved is not None:
            step += moved[row, column]
        out[row, column] = step
