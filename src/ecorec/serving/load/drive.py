"""Requests on connections: open loop, whose clock does not wait for answers, and closed loop.

In an open loop a request is due at its scheduled time, whatever became of those before it, and
its latency is counted from then. A client that sent the next request once it had the answer to
the last one would ask less often while the server is slow, and would leave out the very waiting
that it is meant to see (coordinated omission).
"""

import asyncio
import selectors
import time
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from jaxtyping import Float64
from numpy import ndarray

from ecorec.serving.load.outcome import Outcome
from ecorec.serving.load.pool import Check, ConnectionPool, RequestLog

Result = TypeVar("Result")


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
        log = RequestLog(check)
        pool = ConnectionPool(*address, log)
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
        log = RequestLog(None)
        pool = ConnectionPool(*address, log)
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
