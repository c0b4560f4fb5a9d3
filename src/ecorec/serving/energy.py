"""Joules of 1,000 recommendations: in total, and beyond what the waiting server draws.

total = joules of the window / recommendations. marginal = (joules of the window - idle power x
its seconds) / recommendations. The sensors decide whose joules these are. A counter or a meter
reads the whole machine; the client's share, by CPU time, is then taken out of the marginal joules.
A model of the CPU gives the joules of the server's process alone.
"""

from dataclasses import dataclass

from ecorec.energy.reading import ComponentEnergy, Reading, Scope
from ecorec.serving.record import Direct, Refresh, Step

PER = 1000


@dataclass(frozen=True)
class PerThousand:
    """Joules of 1,000 recommendations."""

    low_j: float
    """Low end of the sensors' range."""
    central_j: float
    high_j: float
    method: str
    scope: Scope

    @property
    def ends_j(self) -> tuple[float, float, float]:
        """Low, central and high."""
        return self.low_j, self.central_j, self.high_j


def total(step: Step) -> PerThousand | None:
    """Return the whole window's joules; `None` without a reading or an answer."""
    return per_thousand(step.server, step.n_recommendations)


def marginal(step: Step, idle: Step) -> PerThousand | None:
    """Return the joules beyond the idle server's; `None` if one of the two was not read."""
    return _beyond(step.server, step.client, step.n_recommendations, idle.server)


def marginal_slices(step: Step, idle: Step) -> list[PerThousand]:
    """Return the marginal joules of each slice of a window; empty if one was not read."""
    found = [
        _beyond(part.reading, step.client, part.n_recommendations, idle.server)
        for part in step.slices
    ]
    known = [item for item in found if item is not None]
    return known if len(known) == len(found) else []


def of_direct(direct: Direct) -> PerThousand | None:
    """Return the joules of the index alone."""
    return per_thousand(direct.reading, direct.n_recommendations)


def of_refresh(refresh: Refresh) -> tuple[float, float, float] | None:
    """Return low, central and high joules of one pass over all users."""
    reading = refresh.reading
    if reading.energy_j is None or reading.low_j is None or reading.high_j is None:
        return None
    n = refresh.passes
    return reading.low_j / n, reading.energy_j / n, reading.high_j / n


def per_thousand(reading: Reading, n_recommendations: int) -> PerThousand | None:
    """Return joules of 1,000 recommendations; `None` without a reading or an answer."""
    if not n_recommendations or reading.energy_j is None or reading.scope is None:
        return None
    scale = PER / n_recommendations
    return PerThousand(
        scale * (reading.low_j or 0.0),
        scale * reading.energy_j,
        scale * (reading.high_j or 0.0),
        "+".join(reading.methods),
        reading.scope,
    )


def power_w(reading: Reading) -> tuple[float, float, float] | None:
    """Return low, central and high watts of a window; `None` where they were not read."""
    if reading.energy_j is None or not reading.duration_s:
        return None
    ends = (reading.low_j or 0.0, reading.energy_j, reading.high_j or 0.0)
    low, central, high = (joules / reading.duration_s for joules in ends)
    return low, central, high


def _beyond(
    server: Reading, client: Reading, n_recommendations: int, idle: Reading
) -> PerThousand | None:
    scope = server.scope
    if not n_recommendations or scope is None or not idle.duration_s:
        return None
    parts, waiting = server.in_scope(scope), idle.in_scope(scope)
    if not waiting:
        return None
    seconds = server.duration_s / idle.duration_s
    # A model's watts are off by the same factor in both windows, a counter's errors are not.
    ends = (0, 1, 2) if scope == "process" else (2, 1, 0)
    joules = [
        max(0.0, _sum(parts, end) - seconds * _sum(waiting, other))
        for end, other in enumerate(ends)
    ]
    share = 1.0
    if scope == "machine":
        # Server and client share the window by CPU time per second, whatever its length.
        rates = [r.cpu_s / r.duration_s if r.duration_s else 0.0 for r in (server, client)]
        share = rates[0] / sum(rates) if sum(rates) else 1.0
    low, central, high = (PER * share * value / n_recommendations for value in joules)
    return PerThousand(low, central, high, "+".join(server.methods), scope)


def _sum(parts: tuple[ComponentEnergy, ...], end: int) -> float:
    return sum((part.low_j, part.energy_j, part.high_j)[end] or 0.0 for part in parts)
