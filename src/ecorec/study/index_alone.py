"""A run's index under load without its server: in this process, on the CPU that a server has."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ecorec.energy.meter import Meter
from ecorec.energy.sampling import Sampler
from ecorec.energy.sensor import Sensor
from ecorec.serving.index import Index
from ecorec.serving.load.direct import ask_in_blocks, refresh_everybody
from ecorec.serving.load.pinning import pin
from ecorec.serving.load.settings import LoadSettings
from ecorec.serving.record import Direct, Refresh
from ecorec.study.machine import use_threads

BLOCKS = (1, 64)
"""Users that the index alone is asked for at a time."""

DIRECT_SHARE = 3
"""A window is this many times as long as each measurement of the index alone."""


def ask_alone(
    index: Index,
    sensors: tuple[Sensor, ...],
    cpus: tuple[int, ...] | None,
    settings: LoadSettings,
    tell: Callable[[str, Direct | Refresh], None],
) -> tuple[tuple[Direct, ...], Refresh]:
    """Ask an index in blocks of each size, then for everybody.

    Args:
        index: What is asked.
        sensors: Of this process and machine.
        cpus: CPUs that a server would have; `None` for all.
        settings: What is asked, and for how long.
        tell: Called with a name and what was measured, as soon as it was.
    """
    seconds = settings.window_s / DIRECT_SHARE
    meter = Meter(sensors)
    with _on(cpus), Sampler(sensors):
        direct = []
        for block in BLOCKS:
            found = ask_in_blocks(
                index, meter, block=block, k=settings.k, seconds=seconds, users=settings.users,
                slices=settings.slices, seed=settings.seed,
            )  # fmt: skip
            tell(f"index alone, blocks of {block}", found)
            direct.append(found)
        refresh = refresh_everybody(index, meter, k=settings.k, seconds=seconds)
        tell("lists of all users", refresh)
    return tuple(direct), refresh


@contextmanager
def _on(cpus: Sequence[int] | None) -> Iterator[None]:
    """Keep this process on some CPUs, with as many threads, during the body."""
    if cpus is None:
        yield
        return
    before = tuple(os.sched_getaffinity(0))
    pin(0, tuple(cpus))
    use_threads(len(cpus))
    try:
        yield
    finally:
        pin(0, before)
