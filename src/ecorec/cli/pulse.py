"""When a log that nobody watches should hear again of what goes on."""

import time
from collections.abc import Callable

FIRST_S = 60.0
"""Seconds until the first line: what is over sooner is told when it is over."""

THEN_S = 300.0
"""Seconds between later lines: 288 a day."""


class Pulse:
    """Says when a line is due.

    Args:
        clock: Seconds, from anywhere.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next_s = clock() + FIRST_S

    def due(self) -> bool:
        """Return whether a line is due now, and take it as written."""
        if self._clock() < self._next_s:
            return False
        self._next_s = self._clock() + THEN_S
        return True

    def heard(self) -> None:
        """Put the next line off: another one has just been written."""
        self._next_s = self._clock() + THEN_S
