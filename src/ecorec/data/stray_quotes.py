"""Quotes in a text file that are no pair: behind one, lines can no longer be told apart."""

import re

HINT = (
    'a value in quotes ends with its quote, and one inside is doubled: "24"" monitor"; or separate '
    "columns by tabs, between which a quote is a character"
)
SHOWN = 60
"""Characters of a line that a message shows."""


def first_stray_quote(text: str, separator: str) -> tuple[int, str] | None:
    """Return where the first line begins that has a stray quote, and what is wrong with it.

    A value in quotes may hold separators, line ends and, doubled, quotes; it ends with its second
    quote. In any other value quotes are characters, but in a line there must be an even number of
    them: who looks for the end of the line must not take it for a part of a value.

    Args:
        text: Of a file whose values may be quoted.
        separator: Of its columns, one character.

    Returns:
        The index of the line's first character; words as they stand behind the file's name.
        `None` if every quote has its other half.
    """
    quoted = re.compile(rf'"[^"]*+(?:""[^"]*+)*+"(?=[{separator}\r\n]|\Z)')
    unquoted = re.compile(rf'(?!")[^{separator}\n]*+')
    at = text.find('"')
    while at >= 0:
        field = text.rfind("\n", 0, at) + 1
        loose = 0
        while True:
            found = quoted.match(text, field)
            if found is None:
                found = unquoted.match(text, field)
                if found is None:
                    return _named(text, field)
                loose += found[0].count('"')
            if text[found.end() : found.end() + 1] != separator:
                break
            field = found.end() + 1
        if loose % 2:
            return _named(text, field)
        at = text.find('"', found.end())
    return None


def _named(text: str, at: int) -> tuple[int, str]:
    start = text.rfind("\n", 0, at) + 1
    line = text[start:].partition("\n")[0].rstrip("\r")
    shown = line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
    number = text.count("\n", 0, start) + 1
    return start, f", line {number:,}: a stray quote in `{shown}`"
