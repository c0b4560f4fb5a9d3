"""What Ray calls on a node. Imports nothing heavy: threads must be told to sleep before torch."""

import pickle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecorec.study.executors.worker import Worker

_workers: "list[Worker]" = []
"""The one of this process, once it has had a task; Ray gives a process one after another."""


def run_task(number: int, packed: bytes, mailbox: Any) -> bytes:
    """Run a task; return its last message.

    Args:
        number: Of the task.
        packed: The task, pickled; Ray itself would unpickle it too early.
        mailbox: Handle of the driver's `Mailbox`.
    """
    from ecorec.energy.waiting import wait_passively

    wait_passively()
    from ecorec.study.executors.task import Began
    from ecorec.study.executors.worker import Worker

    def say(message: object) -> None:
        mailbox.put.remote(number, pickle.dumps(message))

    if not _workers:
        _workers.append(Worker())
    say(Began())
    return pickle.dumps(_workers[0].run(pickle.loads(packed), say))


class Mailbox:
    """An actor on the driver's node: holds what workers say until the driver looks."""

    def __init__(self) -> None:
        self._mail: list[tuple[int, bytes]] = []

    def put(self, number: int, packed: bytes) -> None:
        """Keep a message."""
        self._mail.append((number, packed))

    def take(self) -> list[tuple[int, bytes]]:
        """Return what has come since the last time."""
        taken, self._mail = self._mail, []
        return taken
