"""Which threads have been begun, told apart from those of earlier tests that end meanwhile."""

import threading
from collections.abc import Callable


def new_threads() -> Callable[[], set[threading.Thread]]:
    """Return what returns the living threads that were begun since."""
    before = set(threading.enumerate())
    return lambda: set(threading.enumerate()) - before
