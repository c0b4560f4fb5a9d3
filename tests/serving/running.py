"""A real server on a free port, in a thread of the test's own process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from ecorec.serving.process import listen, make_server
from ecorec.serving.server import create_app


@contextmanager
def running(stored: Any, load: Any = None, **settings: Any) -> Iterator[httpx.Client]:
    """Yield a client of a server that answers; it is stopped gracefully."""
    app = create_app(stored, load or (lambda _: stored), **settings)
    server, listening = make_server(app), listen("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    until_s = time.monotonic() + 30
    while not server.started:
        assert thread.is_alive(), "the server has failed to start"
        assert time.monotonic() < until_s, "the server has not started"
        time.sleep(0.01)
    port = listening.getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        client.server, client.app = server, app  # type: ignore[attr-defined]
        try:
            yield client
        finally:
            server.should_exit = True
            thread.join(timeout=30)
            assert not thread.is_alive()
