"""Variances of means over users and seeds, and the t statistics that they give."""

from collections import defaultdict

import numpy as np
from jaxtyping import Float64
from numpy import ndarray
from scipy import stats

from ecorec.analysis.configurations import Configuration

LEVEL = 0.05
"""Probability, over all pairs together, of telling apart two that are equal."""

Square = Float64[ndarray, "configurations configurations"]

PerConfiguration = Float64[ndarray, " configurations"]


def user_variances(
    means: Float64[ndarray, "configurations users"],
) -> tuple[PerConfiguration, Square]:
    """Return the variance over users of each configuration, and of each pair's difference."""
    if means.shape[1] < 2:
        # One user has no variance over users; with an infinite one, nothing is told apart.
        return np.full(len(means), np.inf), np.full((len(means), len(means)), np.inf)
    covariance = np.atleast_2d(np.cov(means))
    own = np.diag(covariance)
    return own, np.maximum(own[:, None] + own[None, :] - 2 * covariance, 0.0)


def seed_variance(
    configurations: list[Configuration], seeds: list[Float64[ndarray, "_ users"]]
) -> tuple[float, int]:
    """Return the pooled variance between seeds and its degrees of freedom; 0 if unknown.

    The same models under other threads, with another kernel or on another machine are no further
    sample of seeds: each `quality_key` counts once, with all seeds that it has under any of them.
    """
    means: dict[str, dict[str, float]] = defaultdict(dict)
    for item, matrix in zip(configurations, seeds, strict=True):
        if item.is_random:
            means[item.quality_key] |= dict(
                zip(item.run_ids, matrix.mean(axis=1).tolist(), strict=True)
            )
    several = [np.array([*found.values()]) for found in means.values() if len(found) > 1]
    freedom = sum(values.size - 1 for values in several)
    squares = sum(float(((values - values.mean()) ** 2).sum()) for values in several)
    return (squares / freedom, freedom) if freedom else (0.0, 0)


def satterthwaite(
    over_users: Float64[ndarray, "..."],
    user_freedom: int,
    over_seeds: Float64[ndarray, "..."],
    seed_freedom: int,
) -> Float64[ndarray, "..."]:
    """Return Welch and Satterthwaite's degrees of freedom of the sum of both variances.

    Args:
        over_users: Variances of means over users.
        user_freedom: Their degrees of freedom.
        over_seeds: Variances of means over seeds, of the same shape.
        seed_freedom: Their degrees of freedom; 0 if there are none.
    """
    below = over_users**2 / max(user_freedom, 1) + over_seeds**2 / max(seed_freedom, 1)
    freedom = np.full_like(below, max(user_freedom, 1))
    measurable = (below > 0) & np.isfinite(below)
    np.divide((over_users + over_seeds) ** 2, below, out=freedom, where=measurable)
    return freedom


def t_quantile(freedom: Float64[ndarray, "..."]) -> Float64[ndarray, "..."]:
    """Return how many standard errors a 95 % interval reaches to either side."""
    return np.asarray(stats.t.ppf(1 - LEVEL / 2, freedom))


def over_error(difference: Square, variance: Square) -> Square:
    """Return t: each difference over its standard error; infinite where there is no variance."""
    t = np.zeros_like(difference)
    np.divide(difference, np.sqrt(variance), out=t, where=variance > 0)
    # Without any variance, every difference is certain.
    certain = (variance == 0) & (difference != 0)
    t[certain] = np.copysign(np.inf, difference[certain])
    return t
