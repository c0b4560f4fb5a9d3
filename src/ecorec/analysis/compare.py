"""Which configurations can be told from the best: paired over users, with the noise of seeds.

For configurations a and b, let d_u be the difference of user u's metric, each averaged over
the seeds of its configuration first; n users, k_a and k_b seeds. The mean difference has the
variance

    V = var(d_u) / n  +  s^2 / k_a  +  s^2 / k_b

where s^2 is the variance between seeds of a configuration's mean, pooled over all
configurations that have several: users are a sample of those whom the recommender will meet,
seeds of the models that training may yield, and both count. A model without randomness has
no seed term. Where no configuration has a second seed, s^2 is left out and
`seed_noise_known` is false. Noise of seeds in the metric of single users is counted in both terms,
so that the test errs on the side of not telling apart.

The degrees of freedom are Welch and Satterthwaite's, V^2 / sum(v_i^2 / f_i). Because the best
is chosen by looking, t = |mean(d_u)| / sqrt(V) is held against the studentized range of all m
configurations (Tukey's test in the form of Games and Howell, 1976): among m equals, some pair
is told apart in one study of twenty. Correcting for the m - 1 comparisons with the best alone
would do so more than twice as often. The interval of a difference is the plain 95 % one of its
pair.

Configurations that differ only in threads, device, kernel or machine hold the same models: there is
no difference between them, and together they count once, in s^2 as in m.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from jaxtyping import Float64
from numpy import ndarray
from scipy import stats

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.statistics.variance_of_means import (
    LEVEL,
    PerConfiguration,
    Square,
    over_error,
    satterthwaite,
    seed_variance,
    t_quantile,
    user_variances,
)
from ecorec.errors import StudyError


@dataclass(frozen=True)
class Difference:
    """How far one configuration is below the best."""

    mean: float
    """The best's metric minus its own; zero for the best itself."""
    low: float
    """Lower end of the pair's 95 % interval."""
    high: float
    """Upper end of the pair's 95 % interval."""
    told_apart: bool
    """Whether it is larger than noise explains, corrected for the number of configurations."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """All configurations of one data set and split, compared in one metric."""

    metric: str
    best: int
    """Position of the configuration with the highest mean."""
    differences: tuple[Difference, ...]
    """Each configuration's distance from the best, in the order of the configurations."""
    t: Square
    """Mean difference over its standard error, row minus column."""
    freedom: Square
    """Degrees of freedom of each pair."""
    margin: Square
    """Half the 95 % interval of each pair's difference, uncorrected; infinite for one user."""
    half_width: PerConfiguration
    """Half the 95 % interval of each configuration's own mean, over users and seeds; the same."""
    n_users: int
    n_compared: int
    """Configurations whose models differ: m of the studentized range."""
    seed_noise_known: bool
    """Whether the noise of seeds could be measured: some configuration has several, or none is
    random."""

    @property
    def equal_to_best(self) -> list[int]:
        """Positions of all that cannot be told from the best, the best included."""
        return [i for i, item in enumerate(self.differences) if not item.told_apart]

    def is_better(self, a: int, b: int) -> bool:
        """Return whether a is better than b beyond what noise explains."""
        return bool(self.t[a, b] > 0) and _told_apart(self, a, b)


def compare(
    configurations: list[Configuration], per_user: Mapping[str, pl.DataFrame], metric: str
) -> Comparison:
    """Compare configurations of one data set and split.

    Args:
        configurations: At least one; all of the same data and split.
        per_user: Run id -> frame with `user` and a column named as the metric.
        metric: E.g. `ndcg@10`.

    Raises:
        StudyError: A run's users are not those of the others.
    """
    _check_users(configurations, per_user)
    seeds = [_metric_of(item, per_user, metric) for item in configurations]
    means = np.stack([matrix.mean(axis=0) for matrix in seeds])
    n_users = means.shape[1]
    overall = means.mean(axis=1)
    own, between = user_variances(means)
    # The same configuration on two machines has the same models, hence no difference in quality,
    # even where one of them lacks a seed.
    keys = np.array([item.quality_key for item in configurations])
    apart = keys[:, None] != keys[None, :]
    over_users = np.where(apart, between / n_users, 0.0)
    spread, seed_freedom = seed_variance(configurations, seeds)
    noise = np.array(
        [
            spread / len(matrix) if item.is_random else 0.0
            for item, matrix in zip(configurations, seeds, strict=True)
        ]
    )
    over_seeds = apart * (noise[:, None] + noise[None, :])
    variance = over_users + over_seeds
    freedom = satterthwaite(over_users, n_users - 1, over_seeds, seed_freedom)
    difference = np.where(apart, overall[:, None] - overall[None, :], 0.0)
    alone = own / n_users
    comparison = Comparison(
        metric=metric,
        best=int(overall.argmax()),
        differences=(),
        t=over_error(difference, variance),
        freedom=freedom,
        margin=t_quantile(freedom) * np.sqrt(variance),
        half_width=t_quantile(satterthwaite(alone, n_users - 1, noise, seed_freedom))
        * np.sqrt(alone + noise),
        n_users=n_users,
        n_compared=len({*keys.tolist()}),
        seed_noise_known=seed_freedom > 0 or not any(item.is_random for item in configurations),
    )
    return _with_differences(comparison, difference)


def corrected_p(comparison: Comparison, a: int, b: int) -> float:
    """Return the p-value of a pair, corrected for having chosen it among all pairs."""
    reach = np.sqrt(2) * abs(comparison.t[a, b])
    n_compared, freedom = comparison.n_compared, comparison.freedom[a, b]
    return float(stats.studentized_range.sf(reach, n_compared, freedom))


def _told_apart(comparison: Comparison, a: int, b: int) -> bool:
    single = float(2 * stats.t.sf(abs(comparison.t[a, b]), comparison.freedom[a, b]))
    n_compared = comparison.n_compared
    # The corrected p lies between these bounds; most pairs are decided without its costly integral.
    if single >= LEVEL:
        return False
    if single * n_compared * (n_compared - 1) / 2 < LEVEL:
        return True
    return corrected_p(comparison, a, b) < LEVEL


def _with_differences(comparison: Comparison, difference: Square) -> Comparison:
    best, margin = comparison.best, comparison.margin
    found = [
        Difference(
            mean=float(difference[best, i]),
            low=float(difference[best, i] - margin[best, i]),
            high=float(difference[best, i] + margin[best, i]),
            told_apart=_told_apart(comparison, best, i),
        )
        for i in range(len(difference))
    ]
    return replace(comparison, differences=tuple(found))


def _metric_of(
    configuration: Configuration, per_user: Mapping[str, pl.DataFrame], metric: str
) -> Float64[ndarray, "seeds users"]:
    """Return the metric under each seed, users in the order of their ids."""
    columns = [per_user[run_id].sort("user")[metric].to_numpy() for run_id in configuration.run_ids]
    return np.stack(columns).astype(np.float64)


def _check_users(configurations: list[Configuration], per_user: Mapping[str, pl.DataFrame]) -> None:
    users = per_user[configurations[0].run_ids[0]]["user"].sort()
    for item in configurations:
        for run_id in item.run_ids:
            if not per_user[run_id]["user"].sort().equals(users):
                message = f"run {run_id} of `{item.label}` was tested on other users than the rest"
                hint = "remove its folder and start the study again"
                raise StudyError(message, hint=hint)
