"""What is said over HTTP: questions and answers, in outside ids."""

from typing import Annotated

from pydantic import Field

from ecorec.config import Config


class Question(Config):
    """Users and histories that lists are wanted for."""

    users: tuple[str, ...] = ()
    """Known users."""
    histories: tuple[tuple[str, ...], ...] = ()
    """Items of users who are not known, a list for each."""
    k: Annotated[int, Field(ge=1)] = 10
    """Length of the lists."""
    exclude_seen: bool = True
    """Leave out what a user has already seen, or the items of the history."""


class Ranking(Config):
    """Items, best first, with their scores."""

    user: str | None
    """The user; `None` for a history."""
    items: tuple[str, ...]
    """As many as there are, k at most."""
    scores: tuple[float, ...]


class Answer(Config):
    """Lists in the order in which they were asked for, users before histories."""

    model: str
    run_id: str
    index_version: str
    """Which index answered: equal versions, equal answers."""
    recommendations: tuple[Ranking, ...]


class UserAnswer(Config):
    """One user's list."""

    model: str
    run_id: str
    index_version: str
    user: str
    items: tuple[str, ...]
    scores: tuple[float, ...]


class SimilarAnswer(Config):
    """Items most like another."""

    model: str
    run_id: str
    index_version: str
    item: str
    items: tuple[str, ...]
    scores: tuple[float, ...]


class SwapOrder(Config):
    """Which run is served from now on."""

    run_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")] | None = None
    """A run of the same study with an index of the same kind, or of `exact` and `sparse` its own;
    the present one, read again, if absent."""


class SwapAnswer(Config):
    """What was swapped for what."""

    before: str
    """Version of the index that answered so far."""
    after: str
    """Version of the index that answers now."""
    run_id: str
    model: str


class Problem(Config):
    """What went wrong."""

    type: str
    """What programs tell errors apart by."""
    message: str
    hint: str | None


class ErrorAnswer(Config):
    """Every error, whatever its status."""

    error: Problem
