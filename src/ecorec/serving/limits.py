"""What a server refuses, and how it says so."""

import json

from pydantic import PositiveFloat, PositiveInt, model_validator

from ecorec.config import Config
from ecorec.errors import EcorecError

USUALLY_WAITING = 10_000
"""Lists that may wait where nothing else is said."""

LARGEST_WAITING = 10
"""As many of the largest requests may wait, where that is more."""


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
    max_waiting: PositiveInt | None = None
    """Lists that may wait to be computed; more are turned away at once. Where it is not given:
    10,000, or ten of the largest requests."""

    @property
    def lists_waiting(self) -> int:
        """Lists that may wait: as many as one request may ask for, and more."""
        return self.max_waiting or max(USUALLY_WAITING, LARGEST_WAITING * self.max_batch)

    @model_validator(mode="after")
    def _one_request_may_wait(self) -> "Limits":
        if self.lists_waiting < self.max_batch:
            message = f"max_waiting = {self.max_waiting} is less than max_batch = {self.max_batch}"
            raise ValueError(message)
        return self


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
