"""One HTTP/1.1 connection that is kept open: a request out, an answer in.

It understands no more than our server answers: a status, a `Content-Length` and a body. A general
HTTP client takes more CPU time for a request than many an index, and would saturate before the
server does.
"""

import asyncio
from collections.abc import Callable

BROKEN = 0
"""Status of a request without an answer, or with one that is not HTTP."""

Answered = Callable[["Connection", int, bytes], None]
"""Called with the connection, the status and the body of an answer."""


class Connection(asyncio.Protocol):
    """A connection that carries one request at a time.

    Args:
        answered: Called once for every request that was sent.
    """

    def __init__(self, answered: Answered) -> None:
        self._answered = answered
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._waits = False
        self.request = -1
        """Number of the request under way, for whoever sent it."""

    @property
    def is_open(self) -> bool:
        """Whether another request can be sent on it."""
        return self._transport is not None and not self._transport.is_closing()

    def send(self, request: int, data: bytes) -> None:
        """Send a request; the connection must be open and not wait for an answer."""
        self.request, self._waits = request, True
        assert self._transport is not None
        self._transport.write(data)

    def close(self) -> None:
        """Close it; a request under way is broken."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Collect the answer; once it is whole, say so."""
        self._received += data
        head, mark, body = self._received.partition(b"\r\n\r\n")
        if not mark:
            return
        status, length, closes = _understand(head)
        if length is None:
            self.close()
            return
        if len(body) < length:
            return
        self._received, self._waits = body[length:], False
        if closes:
            self.close()
        self._answered(self, status, body[:length])

    def connection_lost(self, error: Exception | None) -> None:
        """Report the request that will have no answer."""
        if self._waits:
            self._waits = False
            self._answered(self, BROKEN, b"")


def _understand(head: bytes) -> tuple[int, int | None, bool]:
    """Return status, length of the body (`None`: not HTTP), and whether the server closes."""
    first, *lines = head.split(b"\r\n")
    words = first.split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        return BROKEN, None, True
    fields = {name.strip().lower(): value.strip() for name, _, value in
              (line.partition(b":") for line in lines)}  # fmt: skip
    length = fields.get(b"content-length", b"")
    closes = fields.get(b"connection", b"").lower() == b"close"
    return int(words[1]), int(length) if length.isdigit() else None, closes
