"""Checks before every request is answered: its key, and the size of its body."""

import asyncio
import hmac
import time
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ecorec.serving.limits import Limits, RequestError

OPEN_PATHS = ("/healthz", "/readyz")
"""Paths for monitoring, which needs no key."""

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""What is counted by name; clients may make up others, and each would be a series of its own."""


class Guard:
    """An ASGI application that wraps another one.

    Args:
        app: The application that answers.
        limits: What a request may take.
        api_key: The key that `Authorization: Bearer …` or `X-API-Key` must have; `None` asks for
            none.
        on_answer: Called with endpoint, status and seconds of every request.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        api_key: str | None,
        on_answer: Callable[[str, int, float], None],
    ) -> None:
        self._app, self._limits, self._on_answer = app, limits, on_answer
        self._key = api_key.encode() if api_key is not None else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it with an error."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s, status = time.perf_counter(), 500

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._answer(scope, receive, observed)
        finally:
            # Report the router's endpoint rather than the path that was asked for.
            path = getattr(scope.get("route"), "path", None)
            endpoint = "other"
            if path is not None and scope["method"] in METHODS:
                endpoint = f"{scope['method']} {path.partition('/{')[0]}"
            self._on_answer(endpoint, status, time.perf_counter() - began_s)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._check_key(scope)
            body = await self._body(scope, receive)
        except RequestError as error:
            await _refuse(error, send)
            return
        if body is not None:  # or the client has gone
            await self._app(scope, _Replay(body, receive), send)

    def _check_key(self, scope: Scope) -> None:
        if self._key is None or scope["path"] in OPEN_PATHS:
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        given = headers.get(b"x-api-key")
        if given is None:
            scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
            given = token if scheme.lower() == b"bearer" else None
        # Compared in constant time, which does not reveal how much of the key is right.
        if given is None or not hmac.compare_digest(given.strip(), self._key):
            what = "no API key was given" if given is None else "the API key is not the server's"
            hint = "send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`"
            raise RequestError(401, "unauthorized", what, hint)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return b""
        most = self._limits.max_body_bytes
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > most:
            raise self._too_large(int(declared))
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                return await self._read(receive, most)
        except TimeoutError:
            message = f"the body did not arrive within {self._limits.timeout_s:g} s"
            raise RequestError(408, "timeout", message, "send it faster, or less") from None

    async def _read(self, receive: Receive, most: int) -> bytes | None:
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > most:
                raise self._too_large(size)
            if not message.get("more_body", False):
                return b"".join(parts)

    def _too_large(self, size: int) -> RequestError:
        most = self._limits.max_body_bytes
        message = f"a body of {size:,} bytes or more: this server allows {most:,}"
        return RequestError(413, "body_too_large", message, "split it into several requests")


class _Replay:
    """Hands on a body that has been read already, then whatever the connection receives."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        return await self._receive()


async def _refuse(error: RequestError, send: Send) -> None:
    body = error.body
    headers: list[Any] = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if error.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if error.status in (408, 413):
        # The rest of the request will not be read.
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
