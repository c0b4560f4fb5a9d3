"""The exceptions that a caller may want to catch.

Every message names the value, what was expected, and (as `hint`) the next step.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

MOST_COMPARED = 2000
"""Names that one which is not known is compared with: of more (the users of a data set), those that
would stand beside it in alphabetical order. Each comparison takes some ten microseconds."""


class EcorecError(Exception):
    """Base of every error that ecorec raises on purpose.

    Args:
        message: What happened, naming the value and the expectation, on one line.
        hint: The next step, as one line; omitted where there is none.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(EcorecError):
    """Something the user gave (a name, a setting, a file) cannot be used."""

    exit_code = 2


class DataError(InputError):
    """A data file or a split of it cannot be used."""


class StudyError(InputError):
    """A study folder or a record in it cannot be used."""


class TrainingError(EcorecError):
    """Training went wrong in a way that more training cannot mend (a loss of NaN, say)."""


def unknown_name(kind: str, value: str, known: Iterable[str], listing: str) -> InputError:
    """Return the error for a name that is not known, with the nearest names that are.

    Args:
        kind: What was named, e.g. `"model"`.
        value: The name that was given.
        known: All names that would have been understood.
        listing: Where all of them can be seen, e.g. "`ecorec models` lists all".
    """
    return unknown_names(kind, [value], known, listing)


def unknown_names(
    kind: str, values: Sequence[str], known: Iterable[str], listing: str
) -> InputError:
    """Return the error for several names that are not known, as `unknown_name` does for one."""
    names = sorted(known)
    spelt = sorted(name.lower() for name in names)
    similar = {name for value in values for name in _near(value.lower(), spelt)}
    near = [name for name in names if name.lower() in similar]
    guess = f"did you mean {_either(near)}? " if near else ""
    return InputError(
        f"no {kind} is called {_either(values)}", hint=f"{guess}{listing} {len(names)}"
    )


def _near(value: str, names: Sequence[str]) -> list[str]:
    """Return up to three similar names of those in alphabetical order."""
    if len(names) > MOST_COMPARED:
        start = max(0, bisect_left(names, value) - MOST_COMPARED // 2)
        names = names[start : start + MOST_COMPARED]
    return get_close_matches(value, names, n=3, cutoff=0.5)


def _either(names: Sequence[str]) -> str:
    return " or ".join(f"`{name}`" for name in names)
