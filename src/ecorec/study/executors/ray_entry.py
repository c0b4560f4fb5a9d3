"""What Ray calls on a node. Imports nothing heavy: thread waiting is set before torch loads."""

import pickle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecorec.study.executors.worker import Worker

_workers: "list[Worker]" = []
"""The worker of this process, made with its first task; Ray gives it one task at a time."""


def run_task(number: int, packed: bytes, mailbox: Any) -> bytes:
    """Run a task; return its last message.

    Args:
        number: Of the task.
        packed: The pickled task; if Ray unpickled it, that would be too early.
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
    """An actor on the driver's node, which keeps workers' messages until the driver takes them."""

    def __init__(self) -> None:
        self._mail: list[tuple[int, bytes]] = []

    def put(self, number: int, packed: bytes) -> None:
        """Keep a message."""
        self._mail.append((number, packed))

    def take(self) -> list[tuple[int, bytes]]:
        """Return the messages since the last call."""
        taken, self._mail = self._mail, []
        return taken
