"""The CPUs that this process may use, which may be fewer than the machine has.

Three may say so: its affinity (Slurm, `taskset`, `docker --cpuset-cpus`), the quota of its control
group (`docker --cpus`, Kubernetes), and numba (NUMBA_NUM_THREADS), which starts no more threads.
"""

import os
from collections.abc import Iterator
from math import inf
from pathlib import Path, PurePosixPath

import numba

OWN_GROUPS = Path("/proc/self/cgroup")
GROUPS = Path("/sys/fs/cgroup")


def default_threads(processes: int = 1) -> int:
    """Return the threads of a run for which nobody states any: one for each CPU.

    Args:
        processes: How many share the CPUs evenly; this is one of them.
    """
    # Of a part of a CPU no thread is started: the quota would stop all of them to make up for it.
    usable = int(min(len(free_cpus()), cpu_quota()))
    most: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    return max(1, min(usable // processes, most))


def free_cpus() -> list[int]:
    """Return the numbers of the CPUs that this process may be on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return [*range(os.cpu_count() or 1)]


def cpu_quota(own: Path = OWN_GROUPS, groups: Path = GROUPS) -> float:
    """Return how many CPUs' time this process may use at most; infinite without a quota.

    Args:
        own: The kernel's list of the control groups that this process is in.
        groups: Where control groups are mounted.
    """
    return min(
        (quota for folder in _folders(own, groups) for quota in _quotas(folder)), default=inf
    )


def _folders(own: Path, groups: Path) -> Iterator[Path]:
    """Yield the folders of the groups, and of those that hold them: each may have a quota."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        # In version 2 there is one tree, and number 0 stands for it.
        if number != "0" and "cpu" not in controllers.split(","):
            continue
        inner = PurePosixPath(path.lstrip("/"))
        # Within a container its own group may be mounted as the root, whatever its path is.
        for group in (inner, *inner.parents):
            yield groups / controllers / group


def _quotas(folder: Path) -> Iterator[float]:
    for names in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
        try:
            quota, period = " ".join((folder / name).read_text() for name in names).split()
            if float(quota) > 0:  # -1 is none in version 1, `max` in version 2
                yield float(quota) / float(period)
        except (OSError, ValueError):
            continue
