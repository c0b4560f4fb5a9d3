"""How factors move energy and quality: scaling exponents, partial effects, interactions.

There is one row for each configuration on one machine, averaged over seeds and repeats, so that a
repeat is not taken for a new observation; in quality, nor are the same models on other threads.
Each model with its other settings is a group with its own level (fixed effects); within groups

    log energy  =  level  +  sum of exponent x log factor        (energy x 2^exponent a doubling)
    metric      =  level  +  sum of gain x log2 factor           (gain a doubling)

by ordinary least squares with 95 % t intervals, not corrected for their number. The intervals
include what a straight line misses as well as noise. Work (multiply-adds, bytes) is a function of
the factors, so that each kind of work has a fit of its own. These are associations within the
study's design, not causes. For a factor that does not vary, or varies only together with others,
the result says so instead of giving an estimate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.drivers.effect_fits import (
    confounded,
    fit_factors,
    levels_of_groups,
    logs_of,
    p_of_common_effect,
    unit,
)
from ecorec.analysis.drivers.factors import (
    FACTORS,
    WORK,
    Factor,
    Observations,
    Response,
    observe,
    responses,
)
from ecorec.analysis.statistics.least_squares import Estimate, Fit, fit
from ecorec.analysis.study_analysis import Benchmark


@dataclass(frozen=True)
class Effect:
    """One factor's effect on one response, the other factors held equal."""

    estimate: Estimate | None
    reason: str
    """Why there is none; empty where there is."""
    by_model: tuple[tuple[str, Estimate], ...]
    """The effect within each model, where its own configurations suffice."""
    differs: float | None
    """p-value of the hypothesis that all models have the same effect; `None` if it cannot be
    tested."""


@dataclass(frozen=True)
class Interaction:
    """How the effect of one factor changes with a doubling of another."""

    first: str
    second: str
    estimate: Estimate


@dataclass(frozen=True, eq=False)
class Effects:
    """All effects on one response."""

    response: Response
    n: int
    """Configurations."""
    n_groups: int
    n_without: int
    """Configurations that were left out because they lack a factor that others vary."""
    n_alone: int
    """Configurations that are alone in their group, and so say nothing about factors."""
    explained: float
    """Share of the variance that levels and factors explain."""
    factors: dict[str, Effect]
    interactions: tuple[Interaction, ...]
    work: dict[str, Effect]


def effects(benchmark: Benchmark) -> tuple[Effects, ...]:
    """Return what moves energy and quality in one data set and split, on its machine."""
    here = [c for c in benchmark.configurations if c.machine_id == benchmark.machine_id]
    return effects_among(here, benchmark.comparison.metric)


def effects_among(members: Sequence[Configuration], metric: str) -> tuple[Effects, ...]:
    """Return what moves energy of a run, energy of its training, and quality, in this order.

    Args:
        members: Of one data set, split and machine.
        metric: Test metric.
    """
    return tuple(_effects(observe(members, item), item) for item in responses(metric))


def _effects(seen: Observations, response: Response) -> Effects:
    # Only configurations that have every factor that varies can be compared.
    varying = [f for f in response.factors if seen.varies(f)]
    base = seen.where(lambda item: all(factor.of(item) for factor in varying))
    found = fit_factors(base, varying, response)
    work = {f.name: _alone(f, seen, response) for f in WORK}
    names = list(base.groups)
    return Effects(
        response=response,
        n=len(base.rows),
        n_groups=len(set(names)),
        n_without=sum(not item.is_training_free for item in seen.rows)
        - sum(not item.is_training_free for item in base.rows),
        n_alone=sum(names.count(name) == 1 for name in names),
        explained=found.explained if found else 0.0,
        factors={f.name: _effect(f, base, varying, found, response) for f in FACTORS},
        interactions=_interactions(base, varying, response, found),
        work=work,
    )


def _effect(
    factor: Factor,
    seen: Observations,
    varying: Sequence[Factor],
    found: Fit | None,
    response: Response,
) -> Effect:
    if factor.energy_only and response.of_models:
        return Effect(None, "changes energy, not the models", (), None)
    levels = seen.levels(factor)
    if factor not in varying or found is None:
        known = "the same everywhere" if len(levels) == 1 else "the same within each group"
        if len(levels) == 1 and factor in FACTORS:
            known += f", {levels[0]:g}"
        if not seen.rows:
            return Effect(None, "no run has energy that can be compared", (), None)
        reason = f"{known if levels else 'no run has it'}; vary {factor.flag}"
        return Effect(None, reason, (), None)
    at = varying.index(factor)
    contrast = unit(found.coefficients.size, at)
    if not found.tells(contrast):
        with_ = [f.name for f in varying if f is not factor and confounded(factor, f, seen)]
        others = " and ".join(with_) or "the others together"
        return Effect(None, f"moves in step with {others}; cross them", (), None)
    if found.freedom < 1:
        reason = f"too few configurations ({len(seen.rows)}): {factor.more}"
        return Effect(None, reason, (), None)
    return Effect(
        found.estimate(contrast),
        "",
        _by_model(factor, seen, varying, response),
        p_of_common_effect(factor, seen, varying, response, found),
    )


def _by_model(
    factor: Factor, seen: Observations, varying: Sequence[Factor], response: Response
) -> tuple[tuple[str, Estimate], ...]:
    found = []
    for model in dict.fromkeys(item.model for item in seen.rows):
        own = seen.where(lambda item: item.model == model)  # noqa: B023  # called at once
        moving = [f for f in varying if own.varies(f)]
        fitted = fit_factors(own, moving, response)
        if factor not in moving or fitted is None:
            continue
        estimate = fitted.estimate(unit(fitted.coefficients.size, moving.index(factor)))
        if estimate is not None:
            found.append((model, estimate))
    return tuple(found) if len(found) > 1 else ()


def _interactions(
    seen: Observations, varying: Sequence[Factor], response: Response, found: Fit | None
) -> tuple[Interaction, ...]:
    """Return the interactions that the design can tell apart from the factors' own effects."""
    if found is None:
        return ()
    logs = [logs_of(f, seen, response) for f in varying]
    together = []
    for a, b in combinations(range(len(varying)), 2):
        # How much the exponent (or the gain) of one factor changes when the other doubles.
        first, second = logs[a] - logs[a].mean(), logs[b] - logs[b].mean()
        if response.logarithmic:
            second = second / np.log(2)
        design = np.column_stack([first * second, *logs, levels_of_groups(seen)])
        larger = fit(design, seen.response)
        estimate = larger.estimate(unit(design.shape[1], 0))
        if estimate is not None:
            together.append(Interaction(varying[a].name, varying[b].name, estimate))
    return tuple(together)


def _alone(factor: Factor, seen: Observations, response: Response) -> Effect:
    """Return the effect of a kind of work, in a fit of its own as work follows from the factors."""
    own = seen.where(lambda item: bool(factor.of(item)))
    varying = [factor] if own.varies(factor) else []
    return _effect(factor, own, varying, fit_factors(own, varying, response), response)
