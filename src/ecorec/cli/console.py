"""The one place where the program prints: data to stdout, everything else to stderr."""

import sys
from typing import TYPE_CHECKING

from ecorec.errors import EcorecError

if TYPE_CHECKING:
    from rich.console import Console


def out(text: str) -> None:
    """Print data, which may be piped, to stdout."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def note(text: str) -> None:
    """Print a message for people to stderr."""
    sys.stderr.write(text if text.endswith("\n") else text + "\n")


def show_error(error: EcorecError) -> None:
    """Print `error: …`, and `hint: …` where there is one, to stderr."""
    note(f"error: {error.message}")
    if error.hint:
        note(f"hint: {error.hint}")


def console() -> "Console":
    """Return the console for progress bars and tables of people's interest (stderr)."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)
