"""What a server refuses, and how it says so."""

import json

from pydantic import PositiveFloat, PositiveInt

from ecorec.config import Config
from ecorec.errors import EcorecError


class Limits(Config):
    """What one request may ask for."""

    max_k: PositiveInt = 1000
    """Longest list."""
    max_batch: PositiveInt = 1000
    """Users and histories in one request."""
    max_history: PositiveInt = 10_000
    """Items in one history."""
    max_body_bytes: PositiveInt = 2**20
    """Largest body; counted as it arrives, whatever its header says."""
    timeout_s: PositiveFloat = 10.0
    """Longest time that a body may take to arrive, and an answer to be computed."""
    max_waiting: PositiveInt = 10_000
    """Lists that may wait to be computed; more are turned away at once."""


class RequestError(EcorecError):
    """A request that is answered with an error.

    Args:
        status: HTTP status.
        kind: What programs tell errors apart by, e.g. `unknown_user`.
        message: What happened, naming the value and the expectation.
        hint: The next step.
    """

    def __init__(self, status: int, kind: str, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.status, self.kind = status, kind

    @property
    def body(self) -> bytes:
        """What is sent: ASCII, because a message may repeat text that UTF-8 has no bytes for."""
        told = {"type": self.kind, "message": self.message, "hint": self.hint}
        return json.dumps({"error": told}, separators=(",", ":")).encode()
