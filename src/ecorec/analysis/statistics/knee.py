"""The knee of a front: where more quality begins to cost much more than before."""

from collections.abc import Sequence
from math import log

FEWEST = 3
"""Points below which a front has no knee: two make a line."""


def knee(quality: Sequence[float], cost: Sequence[float]) -> int | None:
    """Return the position of the point that lies highest above the chord of the front.

    The chord runs from the cheapest to the best point, quality against the logarithm of cost,
    both scaled to 0 to 1: a factor in all costs (other watts, another grid) moves no knee. It
    is Kneedle (Satopaa et al. 2011) without smoothing, as a front is not sampled from a curve.

    Args:
        quality: Of the front's points, ascending.
        cost: Ascending, same order.

    Returns:
        `None` for fewer than three points, if a cost is not above zero, and if no point lies above
        the chord: then each further step up gives more quality for its cost than the one before.
    """
    if len(cost) < FEWEST or min(cost) <= 0:
        return None
    logs = [log(value) for value in cost]
    width, height = logs[-1] - logs[0], quality[-1] - quality[0]
    if width <= 0 or height <= 0:
        return None
    above = [
        (q - quality[0]) / height - (x - logs[0]) / width
        for q, x in zip(quality, logs, strict=True)
    ]
    at = max(range(len(above)), key=lambda i: above[i])
    # The ends lie on the chord; a point that is above it by rounding error alone counts as on it.
    return at if above[at] > 1e-9 else None
