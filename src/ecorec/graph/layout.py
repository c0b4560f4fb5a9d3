"""How a product goes through a table of embeddings: in blocks of columns that fit a cache."""

from dataclasses import dataclass

CORE_CACHE_BYTES = 2**19
"""Second-level cache of a core: 512 KiB on AMD's server cores, 1 to 2 MiB on Intel's."""

SHARED_CACHE_BYTES = 2**22
"""What one process may count on of a cache that it shares with others."""

BLOCK_BYTES = (256, 128, 64)
"""Bytes of a row in a block: one to four cache lines."""

READS_THAT_PAY = 12
"""Times that rows must be read, on average, before cutting the table costs less than it saves."""


@dataclass(frozen=True)
class Layout:
    """How a product goes through a table of embeddings."""

    columns: int
    """Of a block."""
    cut: bool
    """Whether blocks are tables of their own, or are read where they are."""


def layout(n_users: int, n_items: int, n_reads: int, size: int, element_bytes: int) -> Layout:
    """Return the layout of a product.

    Blocks are the widest whose table fits a core's cache, else the shared one. Where nothing fits,
    every row comes from memory, which is read best in long pieces. A row of users reads items only,
    and the other way round, so that the larger side alone counts. Where rows are read a few
    times, the copy that cutting makes would cost more than it saves.

    Args:
        n_users: Rows of users.
        n_items: Rows of items.
        n_reads: Edges whose rows are read.
        size: Columns of the table; it is not padded beyond the next power of two.
        element_bytes: Of one number.
    """
    padded = _padded(size)
    longest = min(BLOCK_BYTES[0] // element_bytes, padded)
    if n_reads < READS_THAT_PAY * (n_users + n_items) and size % longest == 0:
        return Layout(longest, cut=False)
    n_rows = max(n_users, n_items)
    fitting = (
        width
        for cache_bytes in (CORE_CACHE_BYTES, SHARED_CACHE_BYTES)
        for width in BLOCK_BYTES
        if n_rows * width <= cache_bytes
    )
    widest = next(fitting, BLOCK_BYTES[0]) // element_bytes
    return Layout(min(widest, padded), cut=True)


def layouts(size: int, element_bytes: int) -> set[Layout]:
    """Return every layout that some graph may have for tables of a size."""
    padded = _padded(size)
    longest = min(BLOCK_BYTES[0] // element_bytes, padded)
    cut = {Layout(min(width // element_bytes, padded), cut=True) for width in BLOCK_BYTES}
    return cut | ({Layout(longest, cut=False)} if size % longest == 0 else set())


def _padded(size: int) -> int:
    return max(4, 1 << (size - 1).bit_length())
