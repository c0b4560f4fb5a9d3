"""The exceptions that a caller may want to catch.

Every message names the value, what was expected, and (as `hint`) the next step.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


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
    near = [name for name in names if any(name.lower() in _near(v, names) for v in values)]
    guess = f"did you mean {_either(near)}? " if near else ""
    return InputError(
        f"no {kind} is called {_either(values)}", hint=f"{guess}{listing} {len(names)}"
    )


def _near(value: str, names: Sequence[str]) -> list[str]:
    return get_close_matches(value.lower(), [name.lower() for name in names], n=3, cutoff=0.5)


def _either(names: Sequence[str]) -> str:
    return " or ".join(f"`{name}`" for name in names)
