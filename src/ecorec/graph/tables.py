"""Large tables of embeddings: kept when a step frees them, and handed out again.

The C library returns large blocks to the system, which clears every page of the next one anew:
with 1.5 M nodes at size 256 that was two thirds of a step. The tables of a training are all
alike, so that a few that are kept serve every step. Small ones the C library keeps by itself.
"""

import math
import sys
import threading
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Shaped
from numpy import ndarray
from torch import Tensor

LARGE_BYTES = 2**24
"""Above which tables are kept here. From some 200 MB on the C library gives them back, whatever it
is told (`study/allocator.py`); tables of less than 16 MiB it has not been seen to give back."""

IDLE_REQUESTS = 32
"""Requests after which a table that served none of them is given back."""


@dataclass(eq=False)
class _Kept:
    memory: ndarray
    last: int


class Shelf:
    """Tables that are in use or may be so again.

    Who uses a table is told by Python's count of references: torch holds one to the array behind
    a tensor as long as the tensor, a view of it or the graph of autograd needs its memory.
    """

    def __init__(self) -> None:
        self._kept: list[_Kept] = []
        self._requests = 0
        self._lock = threading.Lock()

    def take(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """Return a contiguous table on the CPU, holding anything."""
        size = math.prod(shape)
        with self._lock:
            self._requests += 1
            memory = self._free_one(size, torch.empty(0, dtype=dtype).numpy().dtype)
            self._kept = [
                kept
                for kept in self._kept
                if self._requests - kept.last < IDLE_REQUESTS or _in_use(kept)
            ]
            if memory is None:
                memory = torch.empty(size, dtype=dtype).numpy()
                self._kept.append(_Kept(memory, self._requests))
            # Reshaped by numpy: a view of torch would keep autograd from adding to it in place.
            return torch.from_numpy(memory.reshape(shape))

    def give_back(self) -> None:
        """Keep no table that nobody uses."""
        with self._lock:
            self._kept = [kept for kept in self._kept if _in_use(kept)]

    def _free_one(self, n_numbers: int, kind: object) -> ndarray | None:
        for kept in self._kept:
            fits = kept.memory.size == n_numbers and kept.memory.dtype == kind
            if fits and not _in_use(kept):
                kept.last = self._requests
                return kept.memory
        return None


def _references(kept: _Kept) -> int:
    return sys.getrefcount(kept.memory)


_IDLE_REFERENCES = _references(_Kept(np.empty(0), 0))
"""The shelf's own, and those that counting takes: versions of Python differ."""


def _in_use(kept: _Kept) -> bool:
    return _references(kept) > _IDLE_REFERENCES


_shelf = Shelf()


def give_back() -> None:
    """Keep no table that nobody uses: what one training needed is not on the next one's bill."""
    _shelf.give_back()


def empty(shape: tuple[int, ...], like: Tensor) -> Tensor:
    """Return a contiguous table of another one's type and device, holding anything."""
    if like.device.type != "cpu" or math.prod(shape) * like.element_size() <= LARGE_BYTES:
        return like.new_empty(shape)
    return _shelf.take(shape, like.dtype)


def empty_like(table: Shaped[Tensor, "*shape"]) -> Shaped[Tensor, "*shape"]:
    """Return a contiguous table of the same shape and type, holding anything."""
    return empty(tuple(table.shape), table)


def zeros_like(table: Shaped[Tensor, "*shape"]) -> Shaped[Tensor, "*shape"]:
    """Return a contiguous table of zeros of the same shape and type."""
    return empty_like(table).zero_()
