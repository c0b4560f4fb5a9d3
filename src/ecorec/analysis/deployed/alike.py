"""Measurements of serving that can be held against each other.

A look-up in stored lists draws less than a search, the index alone less than a server, a list of 10
less than one of 100. So several configurations are priced by what was measured of them in one way:
the one in which most of them were measured; of several, over HTTP and as the model scores.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ecorec.analysis.deployed.served import LOAD, of_record, step_near
from ecorec.analysis.words import listed
from ecorec.serving.energy import PerThousand
from ecorec.serving.index import AS_IT_SCORES
from ecorec.serving.load.settings import LoadSettings
from ecorec.serving.record import ServingRecord

SCORES = "as the model scores"
"""Stands for `exact` and `sparse`: a model has one of the two, and nothing is made in advance."""

USUAL = LoadSettings()


@dataclass(frozen=True)
class Way:
    """How serving was measured: what must be equal for two measurements to be alike."""

    index: str
    """Kind of index; `SCORES` for one that is the model itself, empty for any."""
    over_http: bool
    """Whether the server was asked, rather than the index alone."""
    k: int
    """Length of each list."""
    users: str
    """Who asks."""
    at_once: int
    """Users of a request or, for the index alone, of a block."""
    arrivals: str
    """When they ask; empty for the index alone, which is asked as fast as it answers."""

    def in_words(self, kinds: Sequence[str] = ()) -> str:
        """Return e.g. `over HTTP, from an index of kind lists`.

        Args:
            kinds: What indices as the model scores were; not named, if not given.
        """
        index = f"from an index of kind {self.index}" if self.index else ""
        if self.index == SCORES:
            index = f"from an index {SCORES}" + (f" ({listed([*kinds])})" if kinds else "")
        parts = [
            f"lists of {self.k}" if self.k != USUAL.k else "",
            f"{self.at_once} users at a time" if self.at_once > 1 else "",
            f"{self.users} users" if self.users != USUAL.users else "",
            f"{self.arrivals} arrivals" if self.arrivals not in ("", USUAL.arrivals) else "",
        ]
        return ", ".join(part for part in (self._where, index, *parts) if part)

    def against(self, other: "Way") -> str:
        """Return how another way differs, whatever the index: e.g. `lists of 10 against 100`."""
        parts = [
            ("{} against {}", self._where, other._where),
            ("lists of {} against {}", self.k, other.k),
        ]
        parts.append(("{} against {} users", self.users, other.users))
        if self.over_http == other.over_http:
            parts.append(("{} against {} users at a time", self.at_once, other.at_once))
            parts.append(("{} against {} arrivals", self.arrivals, other.arrivals))
        return ", ".join(text.format(own, others) for text, own, others in parts if own != others)

    @property
    def _where(self) -> str:
        return "over HTTP" if self.over_http else "without a server"

    def options(self, measured: Sequence["Served"]) -> str:
        """Return what `ecorec stress RUN` takes to measure so; empty or with a space in front.

        Args:
            measured: What was measured of the run in other ways.
        """
        kind = self.index
        if kind == SCORES:
            own = [one.kind for one in measured if one.kind in AS_IT_SCORES]
            # Without a kind, `ecorec stress` asks stored lists where they are all that there is.
            kind = own[0] if own else AS_IT_SCORES[0] if measured else ""
        stated = {
            "--kind": kind,
            "--k": self.k if self.k != USUAL.k else "",
            "--users": self.users if self.users != USUAL.users else "",
            "--users-per-request": self.at_once if self.over_http and self.at_once > 1 else "",
            "--arrivals": self.arrivals if self.arrivals != USUAL.arrivals else "",
        }
        words = [f" {name} {value}" for name, value in stated.items() if value]
        return "".join([*words, *([] if self.over_http else [" --no-http"])])


@dataclass(frozen=True)
class Served:
    """Joules of serving one run, and how they were measured."""

    way: Way
    kind: str
    """Kind of index."""
    load: float | None
    """Share of saturation; `None` for the index alone."""
    each: PerThousand
    """Joules of 1,000 recommendations, beyond those of the idle server where there is one."""


def asked(record: ServingRecord) -> list[Way]:
    """Return how a measurement asked, for any index: the server if it was asked, then the index."""
    load, ways = record.settings, []
    if record.steps:
        ways.append(Way("", True, load.k, load.users, load.users_per_request, load.arrivals))
    if record.direct:
        ways.append(Way("", False, load.k, load.users, record.direct[0].block, ""))
    return ways


def measured(record: ServingRecord) -> list[Served]:
    """Return what one measurement holds: the server if it was asked, and the index alone."""
    found, kind = [], record.index.kind
    index = SCORES if kind in AS_IT_SCORES else kind
    for way in asked(record):
        alone = record.model_copy(update={"steps": ()})
        step = step_near(record, LOAD) if way.over_http else None
        each = of_record(record if way.over_http else alone)
        if each is not None and (record.idle is not None or not way.over_http):
            load = None if step is None else step.load
            found.append(Served(replace(way, index=index), kind, load, each))
    return found


def shared_way(each: Sequence[Sequence[Served]]) -> Way | None:
    """Return the way in which most of several were measured; `None` if none was.

    Args:
        each: All measurements of each of them, oldest first.
    """
    return most_shared([[one.way for one in reversed(found)] for found in each])


def most_shared(each: Sequence[Sequence[Way]]) -> Way | None:
    """Return the way that most of several have; `None` if none has any.

    Args:
        each: The ways of each of them, newest first.
    """
    counts = Counter(way for ways in each for way in dict.fromkeys(ways))
    return max(
        counts, key=lambda way: (counts[way], way.over_http, way.index == SCORES), default=None
    )
