"""Requests on connections: open loop, whose clock does not wait for answers, and closed loop.

In an open loop a request is due at its scheduled time, whatever became of those before it, and
its latency is counted from then. A client that sent the next request once it had the answer to
the last one would ask less often while the server is slow, and would leave out the very waiting
that it is meant to see (coordinated omission).
"""

import asyncio
import selectors
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Bool, Float64, Int64
from numpy import ndarray

from ecorec.serving.load.connection import BROKEN, Connection

Result = TypeVar("Result")

TIMED_OUT = -1
"""Status of a request that had no answer when the wait for answers ended."""

Check = Callable[[int, int, bytes], None]
"""Called with the number of a request, and the status and body of its answer."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of every request, in the order in which they were due."""

    due_s: Float64[ndarray, " requests"]
    """Monotonic seconds at which each was due; in a closed loop, when it was sent."""
    sent_s: Float64[ndarray, " requests"]
    done_s: Float64[ndarray, " requests"]
    """NaN where there was no answer."""
    status: Int64[ndarray, " requests"]
    """HTTP status, 0 for a broken connection, -1 for no answer in time."""

    @property
    def answered(self) -> Bool[ndarray, " requests"]:
        """Whether each was answered with success."""
        found: Bool[ndarray, " requests"] = (self.status >= 200) & (self.status < 300)
        return found

    @property
    def latency_s(self) -> Float64[ndarray, " requests"]:
        """Seconds from when each was due."""
        waited: Float64[ndarray, " requests"] = self.done_s - self.due_s
        return waited


class _Log:
    def __init__(self, check: Check | None) -> None:
        self.due: list[float] = []
        self.sent: list[float] = []
        self.done: list[float] = []
        self.status: list[int] = []
        self._check = check

    def add(self, due_s: float, sent_s: float) -> int:
        self.due.append(due_s)
        self.sent.append(sent_s)
        self.done.append(float("nan"))
        self.status.append(TIMED_OUT)
        return len(self.due) - 1

    def answer(self, request: int, status: int, body: bytes) -> None:
        self.done[request] = time.monotonic() if status != BROKEN else float("nan")
        self.status[request] = status
        if self._check is not None:
            self._check(request, status, body)

    def outcome(self) -> Outcome:
        return Outcome(
            np.array(self.due, dtype=np.float64),
            np.array(self.sent, dtype=np.float64),
            np.array(self.done, dtype=np.float64),
            np.array(self.status, dtype=np.int64),
        )


class _Pool:
    """Connections that are free, the latest used first, and requests that wait for one."""

    def __init__(self, host: str, port: int, log: _Log) -> None:
        self._host, self._port, self._log = host, port, log
        self._free: list[Connection] = []
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._opening: set[asyncio.Task[None]] = set()
        self._all: list[Connection] = []
        self.under_way = 0
        self.after_answer: Callable[[], None] = lambda: None

    async def open(self, n: int) -> None:
        """Open connections.

        Raises:
            OSError: Nobody listens there.
        """
        for _ in range(n):
            await self._connect()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            lambda: Connection(self._answered), self._host, self._port
        )
        self._all.append(connection)
        self._release(connection)

    def send(self, request: int, data: bytes) -> None:
        """Send now, or as soon as a connection is free."""
        self.under_way += 1
        while self._free:
            connection = self._free.pop()
            if connection.is_open:
                connection.send(request, data)
                return
            self._reopen()
        self._waiting.append((request, data))

    def _answered(self, connection: Connection, status: int, body: bytes) -> None:
        self._log.answer(connection.request, status, body)
        self.under_way -= 1
        if connection.is_open:
            self._release(connection)
        else:
            self._reopen()
        self.after_answer()

    def _release(self, connection: Connection) -> None:
        if self._waiting:
            request, data = self._waiting.popleft()
            self._log.sent[request] = time.monotonic()
            connection.send(request, data)
        else:
            self._free.append(connection)

    def _reopen(self) -> None:
        task = asyncio.get_running_loop().create_task(self._try_connect())
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _try_connect(self) -> None:
        while True:
            try:
                await self._connect()
            except OSError:
                await asyncio.sleep(0.05)  # the server is away; requests wait meanwhile
            else:
                return

    def close(self) -> None:
        for task in self._opening:
            task.cancel()
        for connection in self._all:
            connection.close()


def open_loop(
    address: tuple[str, int],
    requests: Sequence[bytes],
    due_s: Float64[ndarray, " requests"],
    *,
    connections: int,
    timeout_s: float,
    check: Check | None = None,
) -> Outcome:
    """Send each request when it is due, whether or not earlier ones have been answered.

    Args:
        address: Host and port.
        requests: Whole HTTP requests.
        due_s: Monotonic seconds of each, ascending.
        connections: How many are kept open; the wait for a free one is part of a request's latency.
        timeout_s: Seconds that are waited for answers once the last request was due.
        check: Called for every answer.
    """

    async def run() -> Outcome:
        log = _Log(check)
        pool = _Pool(*address, log)
        await pool.open(connections)
        for data, at_s in zip(requests, due_s.tolist(), strict=True):
            wait_s = at_s - time.monotonic()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            elif len(log.due) % 16 == 0:
                await asyncio.sleep(0)  # late already: read answers in between
            pool.send(log.add(at_s, time.monotonic()), data)
        last_s = time.monotonic() + timeout_s
        while pool.under_way and time.monotonic() < last_s:
            await asyncio.sleep(0.002)
        pool.close()
        return log.outcome()

    return _run(run())


def closed_loop(
    address: tuple[str, int],
    requests: Sequence[bytes],
    *,
    connections: int,
    until_s: float,
    timeout_s: float,
) -> Outcome:
    """Send the next request on each connection as soon as it has its answer.

    Args:
        address: Host and port.
        requests: Whole HTTP requests, from the first again after the last.
        connections: Requests that are under way at any time.
        until_s: Monotonic seconds after which no request is sent.
        timeout_s: Seconds that are waited for the last answers.
    """

    async def run() -> Outcome:
        log = _Log(None)
        pool = _Pool(*address, log)
        await pool.open(connections)

        def send_next() -> None:
            now_s = time.monotonic()
            if now_s < until_s:
                request = log.add(now_s, now_s)
                pool.send(request, requests[request % len(requests)])

        pool.after_answer = send_next
        for _ in range(connections):
            send_next()
        await asyncio.sleep(max(0.0, until_s - time.monotonic()))
        last_s = time.monotonic() + timeout_s
        while pool.under_way and time.monotonic() < last_s:
            await asyncio.sleep(0.002)
        pool.close()
        return log.outcome()

    return _run(run())


def _run(main: Coroutine[Any, Any, Result]) -> Result:
    # epoll, asyncio's default, sleeps for whole milliseconds; select does not.
    def loop() -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop(selectors.SelectSelector())

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(main)
