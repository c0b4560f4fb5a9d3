"""Which configurations cannot be told from the best: paired over users, corrected by Holm.

For two configurations the difference of each user's metric, averaged over seeds, has a mean
over users and a standard error over users. Where a configuration has two seeds or more,
the variance of its mean over seeds is added: users vary within one training, trainings
vary as well, and a difference has to stand out against both.

    se^2 = var_users(difference) / n_users + sum over both of var_seeds(mean) / n_seeds

A configuration with one seed adds nothing for seeds, because nothing is known of them; it
borrows the largest spread that any configuration of the comparison shows, if there is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ecorec.analysis.configurations import Configuration, PerUser
from ecorec.errors import StudyError

LEVEL = 0.05
"""Family-wise error rate of the comparisons with the best."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """One configuration held against the best."""

    configuration: Configuration
    difference: float
    """Its metric minus the best's: zero or below."""
    low: float
    """Lower end of the 95 % interval of the difference."""
    high: float
    """Upper end of the 95 % interval of the difference."""
    p_value: float
    """Two-sided, before correction."""
    told_apart: bool
    """Whether it differs from the best after Holm's correction."""


@dataclass(frozen=True, eq=False)
class Contest:
    """All configurations on one data set, best first."""

    metric: str
    best: Configuration
    comparisons: tuple[Comparison, ...]
    """Every other configuration, in the order of its quality."""
    n_users: int
    n_seeds: int
    """Most seeds of any configuration."""

    @property
    def equals(self) -> list[Configuration]:
        """The best and all that cannot be told from it."""
        close = [item.configuration for item in self.comparisons if not item.told_apart]
        return [self.best, *close]

    def interval(self, configuration: Configuration) -> tuple[float, float] | None:
        """Return the interval of a configuration's difference to the best, if it is another."""
        for item in self.comparisons:
            if item.configuration is configuration:
                return item.low, item.high
        return None


def contest(candidates: Sequence[Configuration], metric: str, read: PerUser) -> Contest:
    """Compare every configuration with the best by the mean of a test metric.

    Args:
        candidates: Configurations on one data set and split.
        metric: E.g. `ndcg@10`.
        read: Returns the per-user metrics of a run.

    Raises:
        StudyError: The configurations were tested on different users.
    """
    tested = {id(candidate): candidate.per_user(metric, read) for candidate in candidates}
    ranked = sorted(candidates, key=lambda candidate: -candidate.quality(metric))
    best = ranked[0]
    users = tested[id(best)][0]
    values = {key: matrix for key, (_, matrix) in tested.items()}
    if any(ids != users for ids, _ in tested.values()):
        message = "configurations were tested on different users and cannot be compared"
        raise StudyError(message, hint="compare runs of one data set and one split")
    spread = max((_seed_variance(matrix) or 0.0 for matrix in values.values()), default=0.0)
    found = [
        (other, *paired_difference(values[id(other)], values[id(best)], spread))
        for other in ranked[1:]
    ]
    apart = holm([p for *_, p in found], LEVEL)
    return Contest(
        metric=metric,
        best=best,
        comparisons=tuple(
            Comparison(other, difference, low, high, p, told)
            for (other, difference, low, high, p), told in zip(found, apart, strict=True)
        ),
        n_users=len(users),
        n_seeds=max(matrix.shape[0] for matrix in values.values()),
    )


def paired_difference(
    left: NDArray[np.float64], right: NDArray[np.float64], seed_spread: float
) -> tuple[float, float, float, float]:
    """Return the mean difference, its 95 % interval and its p-value.

    Args:
        left: Metric of each seed and user, shape (seeds, users).
        right: The same for the other configuration.
        seed_spread: Variance over seeds that a configuration with one seed is given.
    """
    per_user = left.mean(axis=0) - right.mean(axis=0)
    variance = per_user.var(ddof=1) / per_user.size if per_user.size > 1 else 0.0
    for matrix in (left, right):
        own = _seed_variance(matrix)
        variance += (seed_spread if own is None else own) / matrix.shape[0]
    difference = float(per_user.mean())
    error = float(np.sqrt(variance))
    if error == 0:
        return difference, difference, difference, 1.0 if difference == 0 else 0.0
    degrees = max(1, per_user.size - 1)
    half = float(stats.t.ppf(0.975, degrees)) * error
    p_value = float(2 * stats.t.sf(abs(difference) / error, degrees))
    return difference, difference - half, difference + half, p_value


def _seed_variance(matrix: NDArray[np.float64]) -> float | None:
    """Return the variance of the overall metric over seeds, `None` with one seed."""
    return float(matrix.mean(axis=1).var(ddof=1)) if matrix.shape[0] > 1 else None


def holm(p_values: Sequence[float], level: float) -> list[bool]:
    """Return which hypotheses are rejected (Holm, 1979)."""
    order = np.argsort(p_values, kind="stable")
    rejected = [False] * len(p_values)
    for passed, index in enumerate(order):
        if p_values[index] > level / (len(p_values) - passed):
            break
        rejected[index] = True
    return rejected
