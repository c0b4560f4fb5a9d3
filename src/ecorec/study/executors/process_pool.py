"""Workers that are processes of this machine, each kept on CPUs of its own."""

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import IO

from ecorec.study.cpus import free_cpus
from ecorec.study.executors.needs import Needs
from ecorec.study.executors.scratch import sweep
from ecorec.study.executors.task import Delivery, Failed, Lost, Message, Task

WAIT_S = 0.5
ENDS_WITHIN_S = 5.0
MEMORY_SHARE = 0.9
"""Most of the machine's memory that the current runs together may be expected to need."""


@dataclass(eq=False)
class _Process:
    """A worker that was started."""

    process: subprocess.Popen[bytes]
    tasks: Connection
    lifeline: int
    said: IO[bytes]
    """The file that takes its standard error."""
    number: int | None = None
    """Number of its task; `None` while it is free."""
    needs: Needs | None = None


@dataclass(eq=False)
class ProcessPool:
    """Workers of this machine, started when they are first needed.

    Args:
        n_workers: The most at a time.
        threads: Number of CPUs that each worker is pinned to.
        memory_bytes: Of the machine.
    """

    n_workers: int
    threads: int
    memory_bytes: int
    _workers: dict[int, _Process] = field(default_factory=dict)
    """Slot of CPUs -> the worker on it."""

    def has_room(self, needs: Needs) -> bool:
        """Return whether a worker is free, and memory for one more run."""
        busy = [worker.needs for worker in self._workers.values() if worker.needs is not None]
        if len(busy) == self.n_workers:
            return False
        held = sum(other.memory_bytes for other in busy)
        return not busy or held + needs.memory_bytes <= MEMORY_SHARE * self.memory_bytes

    def begin(self, number: int, task: Task, needs: Needs) -> None:
        """Give a task to a free worker, or to a new one."""
        free = [slot for slot, worker in self._workers.items() if worker.number is None]
        slot = free[0] if free else min({*range(self.n_workers)} - self._workers.keys())
        if not free:
            self._workers[slot] = self._start(slot)
        worker = self._workers[slot]
        worker.number, worker.needs = number, needs
        try:
            worker.tasks.send(task)
        except OSError:
            return  # it has ended, which `wait` will notice

    def wait(self) -> list[tuple[int, Message]]:
        """Return the workers' messages; a worker that has ended has lost its task."""
        by_connection = {worker.tasks: slot for slot, worker in self._workers.items()}
        news: list[tuple[int, Message]] = []
        for ready in wait([*by_connection], WAIT_S):
            slot = by_connection[ready]  # type: ignore[index]
            worker = self._workers[slot]
            number = worker.number
            try:
                message: Message = worker.tasks.recv()
            except (EOFError, OSError):
                message = Lost(self._end(slot, patience_s=ENDS_WITHIN_S))
            if isinstance(message, Delivery | Failed):
                worker.number = worker.needs = None
            if number is not None:
                news.append((number, message))
        return news

    def stop(self) -> None:
        """End all workers at once, and remove their unfinished work."""
        for slot in [*self._workers]:
            self._end(slot)
        sweep()

    def _start(self, slot: int) -> _Process:
        ours, theirs = Pipe()
        life, lifeline = os.pipe()
        mine = free_cpus()[slot * self.threads : (slot + 1) * self.threads]
        # Its output is kept apart from ours; if it ends, the last lines are shown.
        said = tempfile.TemporaryFile()  # noqa: SIM115
        command = [sys.executable, "-m", "ecorec.study.executors.worker_process"]
        command += [str(theirs.fileno()), str(life), ",".join(map(str, mine))]
        with theirs:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                pass_fds=(theirs.fileno(), life),
                start_new_session=True,  # Ctrl-C is for this process, which ends its workers
            )  # fmt: skip
        os.close(life)
        return _Process(process, ours, lifeline, said)

    def _end(self, slot: int, patience_s: float = 0.0) -> str:
        """Make sure that a worker and what it started have ended; return how, in words.

        Args:
            slot: Of the worker.
            patience_s: Seconds to wait for it to end by itself.
        """
        worker = self._workers.pop(slot)
        with suppress(subprocess.TimeoutExpired):
            worker.process.wait(patience_s)
        with suppress(OSError):
            os.killpg(worker.process.pid, signal.SIGKILL)
        code = worker.process.wait()
        worker.tasks.close()
        os.close(worker.lifeline)
        worker.said.seek(0)
        lines = worker.said.read().decode(errors="replace").strip().splitlines()
        worker.said.close()
        if code < 0:
            name = signal.Signals(-code).name
            return f"its process was ended by {name}" + (" (no memory left?)" if code == -9 else "")
        return f"its process ended with code {code}" + (f": {lines[-1]}" if lines else "")
