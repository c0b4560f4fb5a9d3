"""Running the command that asks a meter: its CPU time is the measurement's, and not the run's."""

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.0005, 0.01
"""Between two looks at whether a command has ended."""


@dataclass(frozen=True)
class Commands:
    """What this process's commands have come to so far."""

    cpu_s: float = 0.0
    """CPU seconds of those that have ended, and of what they have waited for themselves."""
    under_way: frozenset[int] = frozenset()
    """Process ids of those that have not."""


class _Account:
    def __init__(self) -> None:
        # Held from when the kernel adds an ended child to this process's children until it is
        # noted here as well, so that no clock sees the one without the other.
        self.lock = threading.Lock()
        self.commands = Commands()


_ACCOUNT = _Account()
LOCK = _ACCOUNT.lock
"""Hold it to read the kernel's account of ended children and `commands` at one moment."""


def commands() -> Commands:
    """Return what the meters' commands have come to so far."""
    return _ACCOUNT.commands


def run_command(words: Sequence[str], timeout_s: float) -> tuple[int, str, str]:
    """Run a command to its end, and return its exit code and what it printed on both streams.

    Args:
        words: Program and arguments.
        timeout_s: Seconds after which it is killed.

    Raises:
        OSError: It cannot be run.
        ValueError: Its words are none that a program can be given.
        TimeoutError: It took longer.
    """
    # Files, unlike pipes, need nobody who reads them: it can be waited for as it is accounted for.
    with TemporaryFile() as out, TemporaryFile() as err:
        process = subprocess.Popen([*words], stdout=out, stderr=err)
        _note(process.pid)
        try:
            _wait(process, time.monotonic() + timeout_s)
        except BaseException:
            process.kill()
            _reap(process, 0)
            raise
        return process.returncode, _text(out), _text(err)


def _wait(process: "subprocess.Popen[bytes]", until_s: float) -> None:
    pause_s = SHORTEST_PAUSE_S
    while not _reap(process, os.WNOHANG):
        if time.monotonic() >= until_s:
            raise TimeoutError
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def _note(pid: int) -> None:
    with LOCK:
        known = _ACCOUNT.commands
        _ACCOUNT.commands = Commands(known.cpu_s, known.under_way | {pid})


def _reap(process: "subprocess.Popen[bytes]", flags: int) -> bool:
    """Return whether a command has ended, and note what it took if it has."""
    with LOCK:
        known = _ACCOUNT.commands
        try:
            pid, status, usage = os.wait4(process.pid, flags)
        except ChildProcessError:  # somebody else has waited for it, and knows its code
            pid, status, cpu_s = process.pid, 0, 0.0
        else:
            cpu_s = usage.ru_utime + usage.ru_stime
        if pid == process.pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            _ACCOUNT.commands = Commands(known.cpu_s + cpu_s, known.under_way - {pid})
        return pid == process.pid


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
