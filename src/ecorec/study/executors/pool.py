"""Workers that run trainings: the interface of local processes and of Ray's nodes."""

from typing import Protocol, runtime_checkable

from ecorec.study.executors.needs import Needs
from ecorec.study.executors.task import Message, Task


@runtime_checkable
class Pool(Protocol):
    """Workers, each with one task at a time; a task is known by its number."""

    def has_room(self, needs: Needs) -> bool:
        """Return whether a worker that suits is free.

        Raises:
            EcorecError: No such worker exists, nor will one come.
        """
        ...

    def begin(self, number: int, task: Task, needs: Needs) -> None:
        """Let the worker that `has_room` found begin a task."""
        ...

    def wait(self) -> list[tuple[int, Message]]:
        """Wait a moment for news; a task's last message is `Delivery`, `Failed` or `Lost`."""
        ...

    def stop(self) -> None:
        """End the workers at once, with whatever they are at."""
        ...
