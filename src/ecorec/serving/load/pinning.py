"""Which CPUs the server and the client run on, so that they do not compete."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Pinning:
    """CPUs of server and client; `None` if they are not pinned."""

    server: tuple[int, ...] | None
    client: tuple[int, ...] | None

    def in_words(self) -> str:
        """Return e.g. `server on CPU 1, client on CPU 0`."""
        if self.server is None or self.client is None:
            return "server and client not pinned: they may take each other's CPU time"
        return f"server on CPU {_listed(self.server)}, client on CPU {_listed(self.client)}"


def choose_cpus() -> Pinning:
    """Return one CPU for each, the first for the client and the last for the server.

    A server has one process, whose event loop uses one CPU. With a single CPU, or on a system
    that does not pin, neither is pinned.
    """
    if not hasattr(os, "sched_getaffinity"):
        return Pinning(None, None)
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        return Pinning(None, None)
    return Pinning(server=(allowed[-1],), client=(allowed[0],))


def pin(pid: int, cpus: tuple[int, ...] | None) -> None:
    """Keep a process, with all threads that it starts from now on, on some CPUs.

    Args:
        pid: Of the process; 0 for this one.
        cpus: The CPUs; `None` changes nothing.
    """
    if cpus is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(pid, cpus)


def _listed(cpus: tuple[int, ...]) -> str:
    return ", ".join(map(str, cpus))
