from mmap import PAGESIZE, mmap

import pytest

from ecorec.energy.memory import peak_memory_bytes, reset_peak

BLOCK = 64 * 2**20


def _touch_block() -> None:
    with mmap(-1, BLOCK) as block:  # the allocator might return what it had kept
        for page in range(0, BLOCK, PAGESIZE):
            block[page] = 1


def test_a_block_that_is_gone_still_counts() -> None:
    if not reset_peak():
        pytest.skip("this system cannot forget an earlier, higher peak")
    before = peak_memory_bytes()
    _touch_block()
    # Less than the block only by what was resident and free before.
    assert 0.75 * BLOCK < peak_memory_bytes() - before < 1.5 * BLOCK


def test_a_reset_forgets_the_block() -> None:
    _touch_block()
    high = peak_memory_bytes()
    if not reset_peak():
        pytest.skip("this system cannot forget a peak")
    assert high - peak_memory_bytes() > 0.75 * BLOCK
