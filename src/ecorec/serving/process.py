"""The server as a process: one worker, signals, and a stop that lets requests finish."""

import asyncio
import logging
import os
import signal
import socket
import threading

import uvicorn
from fastapi import FastAPI

from ecorec.errors import InputError
from ecorec.serving.limits import RequestError

STOP_WITHIN_S = 10
"""How long requests under way may take after the server was told to stop."""

log = logging.getLogger("uvicorn.error")


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one.

    Raises:
        InputError: The address is taken, or is not this machine's.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        message = f"{host}:{port} cannot be listened on: {reason}"
        raise InputError(message, hint="choose another --port, or --host 127.0.0.1") from None
    # Connections inherit this option, which asyncio sets only for sockets that it made itself.
    # Without it, the body of an answer waits 40 ms for the other side to acknowledge the headers.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def make_server(app: FastAPI) -> uvicorn.Server:
    """Return a server that has not been started."""
    config = uvicorn.Config(
        app,
        workers=1,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )
    return uvicorn.Server(config)


def serve_until_stopped(app: FastAPI, listening: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM; SIGHUP reads the index again."""
    server = make_server(app)

    async def run() -> None:
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGHUP, lambda: tasks.append(_reload(app, loop)))
        await server.serve([listening])

    tasks: list[asyncio.Task[None]] = []
    asyncio.run(run())


def _reload(app: FastAPI, loop: asyncio.AbstractEventLoop) -> "asyncio.Task[None]":
    async def swap() -> None:
        try:
            answer = await app.state.service.swap(None)
        except RequestError as error:
            log.error("the index stays as it is: %s", error.message)
        except Exception as error:  # nobody waits for this task: what it raises would be lost
            log.exception("the index stays as it is: %s: %s", type(error).__name__, error)
        else:
            log.warning("index %s is served instead of %s", answer.after, answer.before)

    return loop.create_task(swap())
