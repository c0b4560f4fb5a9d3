"""The nodes of a Ray cluster (extra `distributed`)."""

import logging
import os
import socket
from types import TracebackType
from typing import Any

from ecorec.errors import EcorecError, InputError
from ecorec.study.executors.dispatch import Dispatch
from ecorec.study.executors.protocol import Assignment, refuse_what_needs_an_order
from ecorec.study.executors.ray_nodes import Node, Nodes
from ecorec.study.executors.ray_pool import RayPool
from ecorec.study.executors.settings import ExecutorSettings
from ecorec.study.plan import Job
from ecorec.study.settings import StudySettings

INSTALL = "install it with: pip install 'ecorec[distributed]'"
START = "start one with `ray start --head`, or name one with --address HOST:PORT"

ANSWERS_WITHIN_S = 5.0

QUIET = {"RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
"""A change that Ray announces in every program that starts it; this is how it will be."""


class RayExecutor:
    """Runs as tasks of a Ray cluster, each on a node of its own unless it is told otherwise.

    Args:
        settings: Address, and how many at a time.

    Raises:
        InputError: Ray is not installed.
    """

    def __init__(self, settings: ExecutorSettings) -> None:
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
        try:
            import ray
        except ImportError:
            message = "--executor ray needs the library ray, which is not installed"
            raise InputError(message, hint=INSTALL) from None
        self._ray: Any = ray
        self._settings = settings
        self._exclusive = settings.exclusive is not False
        self._connected = False

    def __enter__(self) -> "RayExecutor":
        """Connect to the cluster, unless the program has done so.

        Raises:
            InputError: There is none at the address.
        """
        if self._ray.is_initialized():
            return self
        address = self._settings.address or os.environ.get("RAY_ADDRESS") or "auto"
        try:
            _knock(address)
            self._ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except (OSError, ValueError, RuntimeError) as error:
            where = "on this machine" if address == "auto" else f"at {address}"
            message = f"no Ray cluster answers {where}"
            raise InputError(message, hint=f"{START} ({_last_line(error)})") from None
        self._connected = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the cluster; what is under way there for this study is ended."""
        if self._connected:
            self._ray.shutdown()

    def threads(self) -> int:
        """Return the CPUs of the smallest node, or 1 where runs share nodes."""
        return min(node.cpus for node in self._nodes()) if self._exclusive else 1

    def check(self, jobs: list[Job], settings: StudySettings) -> None:
        """Make sure that a node has the threads and the devices, and that there is no budget."""
        refuse_what_needs_an_order(settings)
        nodes = self._nodes()
        threads = max(job.measurement.threads for job in jobs)
        most = max(node.cpus for node in nodes)
        if threads > most:
            message = f"--threads {threads} is more than the {most} CPUs of the largest node"
            raise InputError(message, hint=f"ask for at most {most}")
        devices = {job.measurement.device.split(":")[0] for job in jobs}
        if unknown := devices - {"cpu", "cuda"}:
            message = f"no device is called `{min(unknown)}`"
            raise InputError(message, hint="there are `cpu` and `cuda`")
        if "cuda" in devices and not any(node.gpus for node in nodes):
            message = "--device cuda: no node of the cluster has a GPU"
            raise InputError(message, hint="use --device cpu, or `ray start --num-gpus N`")

    def run(self, work: Assignment) -> None:
        """Run what is missing on the cluster.

        Raises:
            EcorecError: A run failed, or the cluster is gone.
        """
        nodes, n_at_once = self._nodes(), self._settings.workers
        cpus = sum(node.cpus for node in nodes)
        words = "one run a node at a time" if self._exclusive else "runs share nodes"
        work.listener.placed(f"Ray cluster of {len(nodes)} nodes, {cpus} CPUs, {words}")
        placed = Nodes(self._nodes, exclusive=self._exclusive, most=n_at_once)
        pool = RayPool(self._ray, placed, exclusive=self._exclusive)
        shared = not self._exclusive
        try:
            Dispatch(work, pool, shared=shared, measures_machine=True).run()
        except self._ray.exceptions.RayError as error:
            message = f"the Ray cluster cannot be reached any more: {_last_line(error)}"
            hint = "finished runs are kept; once it is back, the same command goes on"
            raise EcorecError(message, hint=hint) from None

    def _nodes(self) -> list[Node]:
        """Return the nodes that are alive and compute."""
        listed = [Node.listed(row) for row in self._ray.nodes() if row["Alive"]]
        return [node for node in listed if node.cpus]


def _knock(address: str) -> None:
    """Ask whether anybody listens: Ray itself takes a minute, and pages of words, to find out.

    Raises:
        OSError: Nobody does.
        ValueError: The address is no `host:port`.
    """
    host, colon, port = address.rpartition(":")
    if colon and "/" not in address:
        socket.create_connection((host, int(port)), timeout=ANSWERS_WITHIN_S).close()


def _last_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]
