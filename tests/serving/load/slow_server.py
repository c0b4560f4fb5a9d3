"""A real HTTP server whose slowness is known: the path says what an answer waits for.

`/sleep/SECONDS` sleeps, one request at a time; `/meet/N` waits until N requests have met;
`/hold/0` waits for the end of the server; `/recommendations/…` takes known CPU time; `/cpu/0` says
how much the process has had.
"""

import socket
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from types import TracebackType


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, SlowServer)
        kind, _, value = self.path.strip("/").partition("/")
        if kind == "drop":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if kind == "sleep":
            with server.one_at_a_time:
                server.stop.wait(float(value))
        if kind == "meet":
            server.meet(int(value))
        if kind == "hold":
            server.stop.wait()
        if kind == "recommendations":
            server.answers.wait(60)
            with server.one_at_a_time:
                burn(CPU_S)
                server.billed_s += CPU_S
        status = int(value) if kind == "status" else 200
        body = (str(time.process_time()) if kind == "cpu" else self.path).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if kind == "close":
            self.send_header("Connection", "close")
        self.end_headers()
        # In two pieces, as a network may deliver it.
        self.wfile.write(body[:1])
        self.wfile.flush()
        self.wfile.write(body[1:])

    def log_message(self, *_: object) -> None:
        pass


CPU_S = 0.005
"""CPU seconds of a recommendation."""


def burn(cpu_s: float) -> None:
    end = time.thread_time() + cpu_s
    while time.thread_time() < end:
        pass


class SlowServer(socketserver.ThreadingTCPServer):
    """Answers on threads, but sleeps for one request at a time: a server with one worker."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.one_at_a_time = threading.Lock()
        self.billed_s = 0.0
        """CPU seconds of all recommendations that were made, none of which is answered earlier."""
        self.stop = threading.Event()
        self.answers = threading.Event()
        """Recommendations wait for it; set, until a test clears it."""
        self.answers.set()
        self.under_way: list[int] = []
        """How many `/meet/…` were under way as each of them came."""
        self._waiting = 0
        self._met = threading.Condition()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))

    def meet(self, n: int) -> None:
        """Return once n requests wait here, all of them together."""
        with self._met:
            self._waiting += 1
            self.under_way.append(self._waiting)
            if self._waiting == n:
                self._waiting = 0
                self._met.notify_all()
            else:
                self._met.wait(60)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that went away is what some tests are about."""

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.socket.getsockname()
        return str(host), int(port)

    def __enter__(self) -> "SlowServer":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode()


if __name__ == "__main__":
    # A process of its own, which can be metered: says its port, ends with its stdin.
    with SlowServer() as running:
        sys.stdout.write(f"{running.address[1]}\n")
        sys.stdout.flush()
        sys.stdin.read()
