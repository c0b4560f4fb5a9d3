"""Ctrl-C and SIGTERM end a long command alike: it says what is kept and how to go on."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from ecorec.cli import console


class TerminatedError(KeyboardInterrupt):
    """SIGTERM, by which batch systems end what they have given time to: cleared up as Ctrl-C is."""


@contextmanager
def stoppable(kept: str, then: str, more: Callable[[], str] = str) -> Iterator[None]:
    """Say it, if the body is stopped, and exit as shells expect: 128 and the signal's number.

    Args:
        kept: What is not lost.
        then: What the same command does if it is given again.
        more: Returns what else is known by then; an empty string, if nothing is.
    """

    def terminate(_number: int, _frame: FrameType | None) -> None:
        # A second one would cut short what the first has begun to clear up.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise TerminatedError

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    except KeyboardInterrupt as stop:
        terminated = isinstance(stop, TerminatedError)
        console.note(f"\n{'stopped' if terminated else 'interrupted'}: {kept}")
        if known := more():
            console.note(known)
        console.note(f"hint: the same command again {then}")
        sys.exit(128 + (signal.SIGTERM if terminated else signal.SIGINT))
    finally:
        signal.signal(signal.SIGTERM, before)
