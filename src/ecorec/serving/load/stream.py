"""Who asks, and when: users and arrival times, both from a seed."""

from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64
from numpy import ndarray

from ecorec.errors import InputError

Users = Literal["uniform", "skewed"]
"""Every user alike, or by a Zipf law over users in a random order."""

Arrivals = Literal["poisson", "constant"]
"""Independent arrivals, like those of many people, or evenly spaced ones."""

ZIPF_EXPONENT = 1.0
"""Exponent of the skewed stream: the user of rank r asks in proportion to 1 / r."""


def draw_users(
    kind: Users, n_requests: int, n_users: int, rng: np.random.Generator
) -> Int64[ndarray, " requests"]:
    """Return the user of each request.

    Args:
        kind: How unequal they are.
        n_requests: How many are drawn.
        n_users: Users there are, at least one.
        rng: Generator of the stream; the same state gives the same stream.
    """
    if kind == "uniform":
        return rng.integers(0, n_users, n_requests)
    order = rng.permutation(n_users)
    weights = 1.0 / np.arange(1, n_users + 1) ** ZIPF_EXPONENT
    bounds = np.cumsum(weights)
    ranks = np.searchsorted(bounds, rng.random(n_requests) * bounds[-1], side="right")
    users: Int64[ndarray, " requests"] = order[np.minimum(ranks, n_users - 1)]
    return users


def arrival_times(
    kind: Arrivals, rate_per_s: float, duration_s: float, rng: np.random.Generator
) -> Float64[ndarray, " requests"]:
    """Return ascending seconds from the start, each below the duration.

    Args:
        kind: How regular they are.
        rate_per_s: Requests a second, on average.
        duration_s: Seconds that the stream lasts.
        rng: The stream's own.

    Raises:
        InputError: The rate is not above zero.
    """
    if not rate_per_s > 0:
        message = f"a rate of {rate_per_s:g} requests a second is not above zero"
        raise InputError(message, hint="the idle server is a step of its own")
    if kind == "constant":
        return np.arange(0, duration_s, 1 / rate_per_s)
    times = np.empty(0)
    while not times.size or times[-1] < duration_s:
        # Draw five standard deviations more than are expected, so that one draw is enough.
        expected = rate_per_s * duration_s
        gaps = rng.exponential(1 / rate_per_s, int(expected + 5 * expected**0.5) + 1)
        start = times[-1] if times.size else 0.0
        times = np.concatenate([times, start + np.cumsum(gaps)])
    return times[times < duration_s]
