"""What is asked of a server: where it listens, and the bytes of each request."""

import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from pydantic import PositiveInt

from ecorec.config import Config


class Target(Config):
    """A server under load."""

    host: str
    port: PositiveInt
    user_ids: tuple[str, ...]
    """Outside ids of the users that may ask, by index."""
    k: PositiveInt = 10
    """Length of each list."""
    api_key: str | None = None
    """Sent with every request, where the server asks for one."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port

    def request(self, users: list[int]) -> bytes:
        """Return the whole request for the lists of one user (GET) or of several (POST)."""
        if len(users) == 1:
            path = f"/recommendations/{quote(self.user_ids[users[0]], safe='')}?k={self.k}"
            return self._head("GET", path, "").encode()
        body = _body([self.user_ids[user] for user in users], self.k)
        more = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return self._head("POST", "/recommendations", more).encode() + body

    def _head(self, method: str, path: str, more: str) -> str:
        key = f"X-API-Key: {self.api_key}\r\n" if self.api_key else ""
        return f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n{key}{more}\r\n"

    def write(self, file: Path) -> None:
        """Store it for the client's process."""
        file.write_text(self.model_dump_json(), encoding="utf-8")


def largest_body(user_ids: Sequence[str], n_users: int, k: int) -> int:
    """Return the bytes of the largest request for the lists of so many of these users."""
    longest = max(user_ids, key=lambda user: len(json.dumps(user)))
    return len(_body([longest] * n_users, k))


def _body(users: list[str], k: int) -> bytes:
    return json.dumps({"users": users, "k": k}).encode()
