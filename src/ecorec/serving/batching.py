"""Requests that are waiting are computed together; one that comes alone starts at once.

The first request starts at once. Those that arrive while it is computed form the next block, so
that blocks grow with the load and no request waits for others to arrive. A single thread computes,
which keeps the event loop free and needs one core only.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch

from ecorec.errors import InputError
from ecorec.serving.index import Lists
from ecorec.serving.limits import RequestError
from ecorec.serving.recommender import Recommender

LISTS_PER_BLOCK = 256
"""Most lists that are computed together: a new request waits for no more than these."""


@dataclass(eq=False)
class Job:
    """The lists that one request asks one recommender for."""

    recommender: Recommender
    what: Literal["top", "fold_in", "similar"]
    rows: list[Any]
    """Indices of users or items, or arrays of the items of histories."""
    k: int
    exclude_seen: bool = True
    done: "asyncio.Future[Lists]" = field(init=False)


class Batcher:
    """The queue in front of the thread that computes.

    Args:
        max_waiting: Lists that may wait; more are turned away.
        on_block: Told the size of every block.
    """

    def __init__(self, max_waiting: int, on_block: Callable[[int], None]) -> None:
        self._max_waiting, self._on_block = max_waiting, on_block
        self._waiting: deque[Job] = deque()
        self._n_waiting = 0
        self._worker: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "scoring", initializer=_on_one_thread)

    async def ask(self, job: Job) -> Lists:
        """Return the lists of a job.

        Raises:
            RequestError: Too many wait already, or the index cannot answer this.
        """
        if self._n_waiting + len(job.rows) > self._max_waiting:
            message = (
                f"lists that wait to be computed already: {self._n_waiting:,}, of at most "
                f"{self._max_waiting:,}"
            )
            raise RequestError(503, "overloaded", message, "come back in a second")
        job.done = asyncio.get_running_loop().create_future()
        self._waiting.append(job)
        self._n_waiting += len(job.rows)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await job.done

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            block = self._next_block()
            if not block:
                continue
            self._on_block(sum(len(job.rows) for job in block))
            found = await loop.run_in_executor(self._thread, answer, block)
            for job, lists in zip(block, found, strict=True):
                if job.done.done():
                    continue  # nobody waits for it any more
                if isinstance(lists, Exception):
                    job.done.set_exception(lists)
                else:
                    job.done.set_result(lists)

    def _next_block(self) -> list[Job]:
        block: list[Job] = []
        size = 0
        while self._waiting and (not block or size + len(self._waiting[0].rows) <= LISTS_PER_BLOCK):
            job = self._waiting.popleft()
            self._n_waiting -= len(job.rows)
            if job.done.cancelled():
                continue
            block.append(job)
            size += len(job.rows)
        return block

    def close(self) -> None:
        """Let the thread finish what it computes, and end it."""
        self._thread.shutdown(wait=True)


def answer(block: list[Job]) -> list[Lists | Exception]:
    """Compute a block: jobs that ask the same of the same index together.

    A job that fails does not take the others with it.
    """
    groups: dict[tuple[int, str, bool, int], list[int]] = {}
    for at, job in enumerate(block):
        # How far an approximate search looks depends on k: its lists begin differently.
        k = job.k if job.recommender.index.kind == "approximate" else 0
        groups.setdefault((id(job.recommender), job.what, job.exclude_seen, k), []).append(at)
    found: list[Lists | Exception] = [RuntimeError("not computed")] * len(block)
    for members in groups.values():
        jobs = [block[at] for at in members]
        try:
            parts: list[Lists | Exception] = [*_together(jobs)]
        except Exception:  # compute them one by one to find which of them fails
            parts = [_alone(job) for job in jobs]
        for at, part in zip(members, parts, strict=True):
            found[at] = part
    return found


def _together(jobs: list[Job]) -> list[Lists]:
    index, first = jobs[0].recommender.index, jobs[0]
    rows = [row for job in jobs for row in job.rows]
    # A shorter list is the beginning of a longer one.
    k = max(job.k for job in jobs)
    if first.what == "fold_in":
        items, scores = index.fold_in(rows, k, exclude_seen=first.exclude_seen)
    elif first.what == "top":
        indices = np.array(rows, dtype=np.int64)
        items, scores = index.top(indices, k, exclude_seen=first.exclude_seen)
    else:
        items, scores = index.similar(np.array(rows, dtype=np.int64), k)
    parts, start = [], 0
    for job in jobs:
        own = slice(start, start + len(job.rows))
        parts.append((items[own, : job.k], scores[own, : job.k]))
        start = own.stop
    return parts


def _alone(job: Job) -> Lists | Exception:
    try:
        return _together([job])[0]
    except InputError as error:
        return RequestError(422, "not_supported", error.message, error.hint)
    except Exception as error:  # hand it to the request, which waits on another thread
        return error


def _on_one_thread() -> None:
    torch.set_num_threads(1)
