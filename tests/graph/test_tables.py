"""Tables that are kept and handed out again: never one that somebody still reads."""

import weakref
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ecorec.graph import tables
from ecorec.graph.tables import IDLE_REQUESTS, Shelf

LIKE = torch.zeros(5, 4)


def test_memory_comes_back_once_nobody_reads_it_not_even_a_view_or_autograd() -> None:
    shelf = Shelf()
    first = shelf.take(tuple(LIKE.shape), LIKE.dtype)
    place = first.data_ptr()
    assert shelf.take(tuple(LIKE.shape), LIKE.dtype).data_ptr() != place
    view = first[2:].T
    del first
    assert shelf.take(tuple(LIKE.shape), LIKE.dtype).data_ptr() != place
    kept = torch.ones(4, 3, requires_grad=True)
    product = view.T @ kept  # saved for the gradient of `kept`
    del view
    assert shelf.take(tuple(LIKE.shape), LIKE.dtype).data_ptr() != place
    product.sum().backward()
    del product
    again = [shelf.take(tuple(LIKE.shape), LIKE.dtype) for _ in range(2)]
    assert place in {table.data_ptr() for table in again}


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from([(5, 4), (4, 5), (3, 2)]), st.booleans()),
        max_size=3 * IDLE_REQUESTS,
    )
)
def test_tables_in_use_never_share_memory_and_keep_what_was_written(steps: list[Any]) -> None:
    shelf, held = Shelf(), {}
    for at, (slot, shape, double) in enumerate(steps):
        like = torch.zeros(shape, dtype=torch.float64 if double else torch.float32)
        held.pop(slot, None)
        table = shelf.take(tuple(like.shape), like.dtype)
        assert table.shape == like.shape
        assert table.dtype == like.dtype
        held[slot] = (table.fill_(at), at)
        del table
        assert all((table == value).all() for table, value in held.values())
    # No more is kept than was in use at a time, and then for a while.
    held.clear()
    for _ in range(IDLE_REQUESTS + 1):
        shelf.take(tuple(LIKE.shape), LIKE.dtype)
    assert len(shelf._kept) == 1


def test_what_nobody_uses_is_given_back_and_what_somebody_uses_stays() -> None:
    shelf = Shelf()
    used, idle = (
        shelf.take(tuple(LIKE.shape), LIKE.dtype).fill_(3),
        shelf.take(tuple(LIKE.shape), LIKE.dtype),
    )
    gone = weakref.ref(shelf._kept[1].memory)
    del idle
    shelf.give_back()
    assert gone() is None
    assert (used == 3).all()
    assert shelf.take(tuple(LIKE.shape), LIKE.dtype).data_ptr() != used.data_ptr()


def test_only_large_tables_are_kept_and_zeros_are_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LARGE_BYTES", LIKE.nbytes - 1)
    place = tables.empty_like(LIKE).fill_(7).data_ptr()
    zeros = tables.zeros_like(LIKE.requires_grad_())
    assert zeros.data_ptr() == place
    assert not zeros.any()
    assert not zeros.requires_grad
    strided = tables.empty_like(torch.zeros(4, 6).T)
    assert strided.is_contiguous()
    monkeypatch.setattr(tables, "LARGE_BYTES", LIKE.nbytes)
    before = tables._shelf._requests
    assert not tables.zeros_like(LIKE).any()
    assert tables._shelf._requests == before
