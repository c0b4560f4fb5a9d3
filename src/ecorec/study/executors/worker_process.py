"""A worker as a process of its own: `python -m ecorec.study.executors.worker_process FD LIFE CPUS`.

It is started as a command rather than by `multiprocessing`, which would import the caller's program
again. It ends when the process that started it does, even if that one was killed.
"""

import os
import sys
import threading
from multiprocessing.connection import Connection

from ecorec.energy.waiting import wait_passively
from ecorec.serving.load.pinning import pin


def serve(connection: Connection) -> None:
    """Run tasks until there are no more."""
    from ecorec.study.executors.task import Began
    from ecorec.study.executors.worker import Worker

    worker = Worker()
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        connection.send(Began())
        connection.send(worker.run(task, connection.send))


def end_with(lifeline: int) -> None:
    """End this process once the other end of a pipe is closed."""

    def watch() -> None:
        os.read(lifeline, 1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    tasks, lifeline, cpus = sys.argv[1:]
    end_with(int(lifeline))
    # Before numba is imported, as it then counts the CPUs that it may use.
    pin(0, tuple(map(int, cpus.split(","))) if cpus else None)
    wait_passively()
    serve(Connection(int(tasks)))
