"""The index without HTTP, called in this process: in blocks of users, then for all users."""

import itertools
import time
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int64
from numpy import ndarray

from ecorec.energy.meter import Meter, Moment
from ecorec.serving.load.stream import Users, draw_users
from ecorec.serving.record import Direct, Latency, Refresh, Slice

WARM_CALLS = 3
"""Blocks that are asked for before anything is measured, to fill caches and compile."""

DRAWN = 65_536
"""Users that are drawn before measuring; they are then asked for in turn, over and over."""

REFRESH_BLOCK = 1024
"""Users for whom lists are made at a time."""


@runtime_checkable
class Asked(Protocol):
    """What a load test needs of an index."""

    @property
    def n_users(self) -> int:
        """Users that are known."""
        ...

    def top(self, users: Int64[ndarray, " batch"], k: int) -> Any:
        """Return the k best unseen items of each user."""
        ...


def ask_in_blocks(
    index: Asked, meter: Meter, *, block: int, k: int, seconds: float, users: Users, slices: int,
    seed: int,
) -> Direct:  # fmt: skip
    """Ask for block after block, each as soon as the last one is there.

    Args:
        index: What is asked.
        meter: Over the sensors of this process.
        block: Users asked for at a time; the last users of a stream that do not fill one are
            left out, so that all blocks are alike.
        k: Length of the lists.
        seconds: How long, at least.
        users: Who asks.
        slices: Number of equal parts, to see how much they scatter.
        seed: Seed of the stream of users.
    """
    rng = np.random.default_rng(seed)
    n_blocks = max(WARM_CALLS, DRAWN // block)
    drawn = draw_users(users, n_blocks * block, index.n_users, rng).reshape(n_blocks, block)
    for rows in drawn[:WARM_CALLS]:
        index.top(rows, k)
    blocks = itertools.cycle(drawn)
    clock = time.perf_counter
    latencies: list[float] = []
    counts: list[int] = []
    moments: list[Moment] = [meter.now()]
    for part in range(1, slices + 1):
        end_s = moments[0].at_s + seconds * part / slices
        before = len(latencies)
        # Every slice has at least one block, however long that takes.
        began_s = clock()
        while True:
            index.top(next(blocks), k)
            ended_s = clock()
            latencies.append(ended_s - began_s)
            if ended_s >= end_s:
                break
            began_s = ended_s
        moments.append(meter.now(closing=part == slices))
        counts.append((len(latencies) - before) * block)
    name = f"blocks of {block}"
    latency = Latency.of(np.array(latencies))
    assert latency is not None
    return Direct(
        block=block,
        n_recommendations=sum(counts),
        latency=latency,
        reading=meter.between(name, moments[0], moments[-1]),
        slices=tuple(
            Slice(
                duration_s=b.at_s - a.at_s,
                n_recommendations=n,
                reading=meter.between(name, a, b),
            )
            for (a, b), n in zip(itertools.pairwise(moments), counts, strict=True)
        ),
    )


def refresh_everybody(index: Asked, meter: Meter, *, k: int, seconds: float) -> Refresh:
    """Make the lists of all users, over and over for some seconds, but at least once.

    Args:
        index: What is asked.
        meter: Over the sensors of this process.
        k: Length of the lists.
        seconds: No further pass begins after so many.
    """
    everybody = np.arange(index.n_users)
    block = min(REFRESH_BLOCK, index.n_users)
    index.top(everybody[:block], k)
    passes = 0
    start = meter.now()
    while passes == 0 or time.perf_counter() - start.at_s < seconds:
        for first in range(0, index.n_users, block):
            index.top(everybody[first : first + block], k)
        passes += 1
    reading = meter.between("refresh", start, meter.now(closing=True))
    return Refresh(n_users=index.n_users, passes=passes, block=block, reading=reading)
