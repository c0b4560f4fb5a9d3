"""The Pareto front of quality against cost: what cannot be beaten on both at once."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One step along the front, from a cheaper point to a better one."""

    index: int
    """Position of the better point in the sequences that were given."""
    cost_per_quality: float | None
    """Cost per unit of quality that the step gains; `None` for the cheapest point."""


def pareto_front(quality: Sequence[float], cost: Sequence[float]) -> list[int]:
    """Return the indices of the points that no other point dominates, cheapest first.

    A point dominates another if it is at least as good and at most as costly, and better
    in one of the two. Points that are equal in both are all on the front or all off it.

    Args:
        quality: Larger is better.
        cost: Smaller is better; any unit.
    """
    order = sorted(range(len(cost)), key=lambda i: (cost[i], -quality[i]))
    front: list[int] = []
    for i in order:
        if not front:
            front.append(i)
            continue
        last = front[-1]
        twin = quality[i] == quality[last] and cost[i] == cost[last]
        if twin or quality[i] > quality[last]:
            front.append(i)
    return front


def exchange_rates(quality: Sequence[float], cost: Sequence[float]) -> list[Step]:
    """Return the front with what each step up in quality costs.

    Args:
        quality: Larger is better.
        cost: Smaller is better; any unit.
    """
    steps: list[Step] = []
    for i in pareto_front(quality, cost):
        gain = quality[i] - quality[steps[-1].index] if steps else 0.0
        price = (cost[i] - cost[steps[-1].index]) / gain if gain > 0 else None
        steps.append(Step(i, price))
    return steps
