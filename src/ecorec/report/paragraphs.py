"""Text in lines that a terminal of the usual width shows whole."""

import textwrap

WIDTH = 100
"""Characters of a line."""


def wrapped(text: str) -> str:
    """Return a paragraph in lines of at most `WIDTH` characters, words whole."""
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)
