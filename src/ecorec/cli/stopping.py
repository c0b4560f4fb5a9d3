"""Ctrl-C and SIGTERM end a long command alike: it says what is kept and how to go on."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from ecorec.cli import console

_WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "stopped"}


class TerminatedError(KeyboardInterrupt):
    """SIGTERM, by which batch systems end what they have given time to: cleared up as Ctrl-C is."""


@contextmanager
def stoppable(kept: str, then: str, more: Callable[[], str] = str) -> Iterator[None]:
    """Say it, if the body is stopped, and exit as shells expect: 128 and the signal's number.

    Any error that ends the body after a signal is taken for the stop: the exception that a signal
    raises may come out as another one, since it can be raised in the midst of anything, such as in
    a function that a library calls and whose errors it turns into its own.

    Args:
        kept: What is not lost.
        then: What the same command does if it is given again.
        more: Returns what else is known by then; an empty string, if nothing is.
    """
    asked: list[signal.Signals] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        asked.append(signal.Signals(number))
        if number == signal.SIGTERM:
            # A second one would cut short what the first has begun to clear up.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            raise TerminatedError
        raise KeyboardInterrupt

    before = {signal.SIGTERM: signal.signal(signal.SIGTERM, stop)}
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else a shell ignores it
        before[signal.SIGINT] = signal.signal(signal.SIGINT, stop)
    try:
        yield
    except BaseException as error:
        if not asked and not isinstance(error, KeyboardInterrupt):
            raise
        number = asked[0] if asked else signal.SIGINT
        console.note(f"\n{_WORDS[number]}: {kept}")
        if known := more():
            console.note(known)
        console.note(f"hint: the same command again {then}")
        sys.exit(128 + number)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
