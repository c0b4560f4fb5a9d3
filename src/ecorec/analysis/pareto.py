"""The front of quality against cost: what nothing else beats on both."""

from collections.abc import Sequence
from itertools import pairwise


def pareto_front(qualities: Sequence[float], costs: Sequence[float]) -> list[int]:
    """Return the indices of the non-dominated points, cheapest first.

    A point is dominated if another is at least as good and at most as costly, and better in
    one of the two. Of equal points, the first stands for all.
    """
    order = sorted(range(len(costs)), key=lambda index: (costs[index], -qualities[index], index))
    front: list[int] = []
    for index in order:
        if not front or qualities[index] > qualities[front[-1]]:
            front.append(index)
    return front


def exchange_rates(
    qualities: Sequence[float], costs: Sequence[float], step: float = 0.001
) -> list[float]:
    """Return the cost of `step` more quality, from each point of a front to the next."""
    pairs = list(zip(qualities, costs, strict=True))
    return [
        (more - less) / ((better - worse) / step)
        for (worse, less), (better, more) in pairwise(pairs)
    ]
