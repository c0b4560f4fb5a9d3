"""Ctrl-C and SIGTERM end a long command alike: it says what is kept and how to go on."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from ecorec.cli import console

AGAIN_S = 1.0
"""Seconds after which a stop is raised again, if nothing has come of it."""

_WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "stopped"}


class TerminatedError(KeyboardInterrupt):
    """SIGTERM, by which batch systems end what they have given time to: cleared up as Ctrl-C is."""


_STOPS: dict[int, type[KeyboardInterrupt]] = {
    signal.SIGINT: KeyboardInterrupt,
    signal.SIGTERM: TerminatedError,
}


@contextmanager
def stoppable(kept: str, then: str, more: Callable[[], str] = str) -> Iterator[None]:
    """Say it, if the body is stopped, and exit as shells expect: 128 and the signal's number.

    The exception that a signal raises is raised in the midst of anything, such as in a function
    that a library calls. The library may turn it into an error of its own: any error that ends the
    body after a signal is taken for the stop. Or it may lose it, as C code does that calls back:
    then it is raised again.

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
        signal.setitimer(signal.ITIMER_REAL, AGAIN_S, AGAIN_S)
        raise _STOPS[number]

    def insist(_number: int, _frame: FrameType | None) -> None:
        # While an exception is handled, it may be the stop on its way out, clearing up.
        if sys.exception() is None:
            raise _STOPS[asked[0]]

    handlers = {signal.SIGTERM: stop, signal.SIGALRM: insist}
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else a shell ignores it
        handlers[signal.SIGINT] = stop
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
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
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
