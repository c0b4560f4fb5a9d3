"""Connections that requests are sent on, and the log of what became of each request."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from ecorec.serving.load.connection import BROKEN, Connection
from ecorec.serving.load.outcome import TIMED_OUT, Outcome

Check = Callable[[int, int, bytes], None]
"""Called with the number of a request, and the status and body of its answer."""


class RequestLog:
    """When each request was due, sent and answered, and how.

    Args:
        check: Called for every answer, if given.
    """

    def __init__(self, check: Check | None) -> None:
        self.due: list[float] = []
        self.sent: list[float] = []
        self.done: list[float] = []
        self.status: list[int] = []
        self._check = check

    def add(self, due_s: float, sent_s: float) -> int:
        """Note a request that is sent; return its number."""
        self.due.append(due_s)
        self.sent.append(sent_s)
        self.done.append(float("nan"))
        self.status.append(TIMED_OUT)
        return len(self.due) - 1

    def answer(self, request: int, status: int, body: bytes) -> None:
        """Note the answer to a request."""
        self.done[request] = time.monotonic() if status != BROKEN else float("nan")
        self.status[request] = status
        if self._check is not None:
            self._check(request, status, body)

    def outcome(self) -> Outcome:
        """Return what is known of all requests."""
        return Outcome(
            np.array(self.due, dtype=np.float64),
            np.array(self.sent, dtype=np.float64),
            np.array(self.done, dtype=np.float64),
            np.array(self.status, dtype=np.int64),
        )


class ConnectionPool:
    """Free connections, the latest used first, and requests that wait for one.

    Args:
        host: Of the server.
        port: Of the server.
        log: Notes what becomes of each request.
    """

    def __init__(self, host: str, port: int, log: RequestLog) -> None:
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
        """Close all connections."""
        for task in self._opening:
            task.cancel()
        for connection in self._all:
            connection.close()
