"""The fits behind effects: a term for each factor, a level for each group."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64
from numpy import ndarray

from ecorec.analysis.drivers.factors import Factor, Observations, Response
from ecorec.analysis.statistics.least_squares import Fit, compared, fit


def logs_of(factor: Factor, seen: Observations, response: Response) -> Float64[ndarray, " n"]:
    """Return a factor's logarithms: natural for exponents, to base 2 for gains a doubling."""
    values = np.array([factor.of(item) or np.nan for item in seen.rows], dtype=np.float64)
    return np.log(values) if response.logarithmic else np.log2(values)


def levels_of_groups(seen: Observations) -> Float64[ndarray, "n groups"]:
    """Return a column for each group, which is one in its rows and zero elsewhere."""
    names = list(dict.fromkeys(seen.groups))
    return np.array([[float(g == name) for name in names] for g in seen.groups]).reshape(
        len(seen.groups), len(names)
    )


def fit_factors(seen: Observations, factors: Sequence[Factor], response: Response) -> Fit | None:
    """Return the fit: a term a factor, then a level a group; `None` without rows or factors."""
    if not seen.rows or not factors:
        return None
    logs = [logs_of(factor, seen, response) for factor in factors]
    return fit(np.column_stack([*logs, levels_of_groups(seen)]), seen.response)


def unit(n: int, at: int) -> Float64[ndarray, " terms"]:
    """Return the contrast that picks one of `n` coefficients."""
    contrast = np.zeros(n)
    contrast[at] = 1.0
    return contrast


def confounded(a: Factor, b: Factor, seen: Observations) -> bool:
    """Return whether two factors move in step within groups."""
    centred = []
    for factor in (a, b):
        logs = np.log([factor.of(item) or np.nan for item in seen.rows])
        levels = levels_of_groups(seen)
        centred.append(logs - levels @ ((levels.T @ logs) / levels.sum(axis=0)))
    x, y = centred
    size = np.linalg.norm(x) * np.linalg.norm(y)
    return bool(size > 0 and abs(x @ y) / size > 1 - 1e-9)


def p_of_common_effect(
    factor: Factor,
    seen: Observations,
    varying: Sequence[Factor],
    response: Response,
    pooled: Fit,
) -> float | None:
    """Return the p-value of a common effect of all models against one for each model."""
    models = list(dict.fromkeys(item.model for item in seen.rows))
    if len(models) < 2:
        return None
    logs = [logs_of(f, seen, response) for f in varying]
    own = logs.pop(varying.index(factor))
    each = [own * np.array([item.model == model for item in seen.rows]) for model in models]
    larger = fit(np.column_stack([*logs, *each, levels_of_groups(seen)]), seen.response)
    return compared(pooled, larger)
