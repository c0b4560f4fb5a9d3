"""One window of steady load: the readings and the requests that fall into it."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from numpy import ndarray

from ecorec.energy.meter import Meter, Moment
from ecorec.serving.load.outcome import TIMED_OUT, Outcome
from ecorec.serving.record import Latency, Slice, Step


@dataclass(frozen=True)
class Look:
    """Readings of both processes at an edge of a slice."""

    server: Moment
    client: Moment


@dataclass(frozen=True)
class Meters:
    """Meters of the server's process, with those of the machine, and of the client's.

    They read the monotonic clock, which all processes share and by which the client schedules.
    """

    server: Meter
    client: Meter

    def look(self, *, closing: bool) -> Look:
        """Read every sensor once; `closing` as in `Meter.now`."""
        return Look(self.server.now(closing=closing), self.client.now(closing=closing))


def step_of(
    meters: Meters,
    looks: Sequence[Look],
    found: Outcome,
    *,
    load: float,
    offered_per_s: float,
    users_per_request: int,
    foreign_share: float | None,
) -> Step:
    """Return the window from the first to the last look.

    A request belongs to the window in which it was due, an answer to that in which it came.

    Args:
        meters: The meters that made the looks.
        looks: One at every edge of a slice, ascending.
        found: What became of all requests of the job, its ramp included.
        load: Share of saturation, 0 for the idle server.
        offered_per_s: Requests a second that were due.
        users_per_request: Lists in an answer.
        foreign_share: Share of the machine's CPU time that other processes had.
    """
    name = f"{100 * load:g} %" if load else "idle"
    servers = [look.server for look in looks]
    first_s, last_s = servers[0].at_s, servers[-1].at_s
    done_s = found.done_s[found.answered]
    due = (found.due_s >= first_s) & (found.due_s < last_s)
    good = due & found.answered
    slices = tuple(
        Slice(
            duration_s=b.at_s - a.at_s,
            n_recommendations=users_per_request * n_within(done_s, a.at_s, b.at_s),
            reading=meters.server.between(name, a, b),
        )
        for a, b in itertools.pairwise(servers)
    )
    return Step(
        load=load,
        offered_per_s=offered_per_s,
        throughput_per_s=n_within(done_s, first_s, last_s) / (last_s - first_s),
        users_per_request=users_per_request,
        n_requests=int(due.sum()),
        n_errors=int((due & ~found.answered).sum()),
        n_timeouts=int((due & (found.status == TIMED_OUT)).sum()),
        latency=Latency.of(found.latency_s[good]),
        late_p99_s=_p99((found.sent_s - found.due_s)[good]),
        server=meters.server.between(name, servers[0], servers[-1]),
        client=meters.client.between(name, looks[0].client, looks[-1].client),
        slices=slices,
        foreign_share=foreign_share,
    )


def n_within(times_s: Float64[ndarray, " n"], first_s: float, last_s: float) -> int:
    """Return how many times are at or after the first, and before the last."""
    return int(((times_s >= first_s) & (times_s < last_s)).sum())


def _p99(seconds: Float64[ndarray, " n"]) -> float | None:
    if not seconds.size:
        return None
    return float(np.quantile(np.maximum(seconds, 0.0), 0.99, method="inverted_cdf"))
