"""Trainings as tasks of Ray."""

import pickle
import time
from contextlib import suppress
from typing import Any

from ecorec.errors import EcorecError
from ecorec.study.executors.needs import Needs
from ecorec.study.executors.ray_entry import Mailbox, run_task
from ecorec.study.executors.ray_nodes import Node, Nodes
from ecorec.study.executors.task import Failed, Lost, Message, Task

WAIT_S = 0.5


class RayPool:
    """Runs each training as one task of Ray, on a node that is chosen here.

    Ray's own retries are off: a lost run is reported and begun again by `Dispatch`, which counts
    losses and never runs a finished one twice.

    Args:
        ray: The library.
        nodes: Of the cluster.
        exclusive: Whether a run reserves all CPUs of its node.
    """

    def __init__(self, ray: Any, nodes: Nodes, *, exclusive: bool) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        self._ray = ray
        self._nodes = nodes
        self._exclusive = exclusive
        self._on = NodeAffinitySchedulingStrategy
        self._run = ray.remote(run_task)
        here = self._on(ray.get_runtime_context().get_node_id(), soft=False)
        self._mailbox = ray.remote(Mailbox).options(num_cpus=0, scheduling_strategy=here).remote()
        self._tasks: dict[Any, int] = {}
        self._found: Node | None = None

    def has_room(self, needs: Needs) -> bool:
        """Return whether a node has room; the next run begins on that node.

        Raises:
            EcorecError: The cluster has no such node.
        """
        self._found = self._nodes.find(needs)
        return self._found is not None

    def begin(self, number: int, task: Task, needs: Needs) -> None:
        """Hand a task to Ray."""
        node = self._found
        assert node is not None
        options = {
            "name": f"ecorec: {task.job.label}",
            "num_cpus": node.cpus if self._exclusive else needs.cpus,
            "num_gpus": needs.gpus,
            "memory": needs.memory_bytes,
            "max_retries": 0,
            "scheduling_strategy": self._on(node.id, soft=False),
        }
        packed = pickle.dumps(task)
        reference = self._run.options(**options).remote(number, packed, self._mailbox)
        self._tasks[reference] = number
        self._nodes.place(number, node, needs)

    def wait(self) -> list[tuple[int, Message]]:
        """Return the workers' messages, and the outcomes of tasks that have ended."""
        ended: list[Any] = []
        if self._tasks:
            ended, _ = self._ray.wait([*self._tasks], num_returns=1, timeout=WAIT_S)
        else:
            time.sleep(WAIT_S)
        mail: list[tuple[int, bytes]] = []
        with suppress(self._ray.exceptions.RayActorError):  # then messages are only missing
            mail = self._ray.get(self._mailbox.take.remote())
        news: list[tuple[int, Message]] = [(number, pickle.loads(item)) for number, item in mail]
        news += [self._over(reference, self._last_message(reference)) for reference in ended]
        orphaned = self._nodes.orphaned()
        left = [reference for reference, number in self._tasks.items() if number in orphaned]
        news += [self._over(reference, Lost("its node has left the cluster")) for reference in left]
        return news

    def stop(self) -> None:
        """Cancel the tasks under way, and end their processes."""
        with suppress(self._ray.exceptions.RayError):  # a cluster that is gone has stopped, too
            for reference in self._tasks:
                self._ray.cancel(reference, force=True)
            self._ray.kill(self._mailbox)
        self._tasks.clear()

    def _over(self, reference: Any, message: Message) -> tuple[int, Message]:
        number = self._tasks.pop(reference)
        self._nodes.clear(number, lost=isinstance(message, Lost))
        return number, message

    def _last_message(self, reference: Any) -> Message:
        errors = self._ray.exceptions
        try:
            message: Message = pickle.loads(self._ray.get(reference))
        except errors.RayTaskError as error:
            # The worker catches a run's errors, so this one is from its start: a node without
            # ecorec, say.
            words = str(error.cause or error).strip().splitlines()[-1]
            hint = "install the same ecorec on every node, in the environment of `ray start`"
            return Failed(EcorecError, f"a node cannot run ecorec: {words}", hint)
        except errors.RayError as error:
            return Lost(f"{type(error).__name__}: {_first_sentence(error)}")
        return message


def _first_sentence(error: Exception) -> str:
    """Return the first sentence of Ray's message; a page of advice and addresses follows."""
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return lines[0].partition(". ")[0] if lines else "Ray gave no reason"
