"""Joules of a deployed model over days: tuning, trainings, refreshes, serving, idle.

    E(days) = tuning + trainings(days) x (training + refresh)
              + days x (requests a day x marginal joules of each + idle watts x 86,400 s)

The first training, with the refresh of what is served (index, lists), is due at the start, and
another one after every `retrain_every_days` for as long as serving goes on. Marginal joules are
those beyond the idle server's, so that nothing is counted twice. The boundary is the machine that
trains and serves: no network, no feature store, no client.
"""

import math
import re
from dataclasses import dataclass

from ecorec.analysis.deployed.amounts import System, methods_of
from ecorec.energy.embodied import Grams
from ecorec.energy.emissions import Intensity
from ecorec.energy.sci import operational_emissions
from ecorec.errors import InputError
from ecorec.units import SECONDS_PER_DAY, kwh_from_joules

DAYS_PER_YEAR = 365.0

BOUNDARY = (
    "Boundary: the machine that trains and serves. Not in it: the network, the client, a feature "
    "store or database, other replicas, cooling beyond the stated PUE."
)

Joules = tuple[float, float, float]
"""Low, central and high."""

NOTHING: Joules = (0.0, 0.0, 0.0)

_CADENCE = re.compile(r"(\d+(?:\.\d+)?)\s*(h|d|w|y|)", re.IGNORECASE)
_DAYS = {"h": 1 / 24, "d": 1.0, "": 1.0, "w": 7.0, "y": DAYS_PER_YEAR}


def parse_cadence(text: str) -> float | None:
    """Return the days between two trainings; `None` for `never`: it is trained once.

    Raises:
        InputError: It is not a span of time such as `12h`, `7d`, `4w` or `1y`, nor `never`.
    """
    if text.strip().lower() == "never":
        return None
    found = _CADENCE.fullmatch(text.strip())
    days = float(found[1]) * _DAYS[found[2].lower()] if found else 0.0
    if not 0 < days < math.inf:
        message = f"--retrain-every `{text}` is not a span of time above zero"
        raise InputError(message, hint="e.g. --retrain-every 12h, 7d, 4w, or never")
    return days


@dataclass(frozen=True)
class Operation:
    """How a model is operated."""

    requests_per_day: float
    """Recommendations a day; one is the list of one user."""
    retrain_every_days: float | None
    """Days between two trainings; `None` if it is trained only once."""


@dataclass(frozen=True)
class LifeCycle:
    """What a system draws while it is operated."""

    label: str
    tuning: Joules | None
    """Joules of choosing the settings, once before the first training; `None` if not read."""
    training: Joules
    """Joules of each training."""
    refresh: Joules
    """Joules of building an index or a set of lists after each training."""
    recommendation: Joules
    """Joules of one recommendation beyond the idle server's."""
    idle_w: Joules
    """Watts of the idle server."""
    method: str

    @classmethod
    def of(
        cls,
        system: System,
        *,
        tuning: Joules | None = NOTHING,
        refresh: Joules = NOTHING,
        idle_w: Joules = NOTHING,
    ) -> "LifeCycle":
        """Return the life cycle of a system whose trainings and recommendations are known."""
        return cls(
            label=system.label,
            tuning=tuning,
            training=system.training.ends_j,
            refresh=refresh,
            recommendation=system.recommendation.ends_j,
            idle_w=idle_w,
            method=methods_of(system.training, system.recommendation),
        )

    def after(self, days: float, operation: Operation) -> Joules | None:
        """Return the joules of the first `days` days, tuning and the first training included.

        `None` if those of tuning were not read.
        """
        if self.tuning is None:
            return None
        trainings = _trainings(days, operation.retrain_every_days)
        later = self._sum(trainings, days, operation.requests_per_day)
        low, central, high = (once + more for once, more in zip(self.tuning, later, strict=True))
        return low, central, high

    def of_a_year(self, operation: Operation) -> Joules:
        """Return the joules of an average year in operation, without tuning."""
        every = operation.retrain_every_days
        trainings = 1.0 if every is None else DAYS_PER_YEAR / every
        return self._sum(trainings, DAYS_PER_YEAR, operation.requests_per_day)

    def parts_of_a_year(self, operation: Operation) -> dict[str, float]:
        """Return the central joules of a year by what drew them."""
        every = operation.retrain_every_days
        trainings = 1.0 if every is None else DAYS_PER_YEAR / every
        served = DAYS_PER_YEAR * operation.requests_per_day
        return {
            "training": trainings * self.training[1],
            "refresh": trainings * self.refresh[1],
            "serving": served * self.recommendation[1],
            "idle": DAYS_PER_YEAR * SECONDS_PER_DAY * self.idle_w[1],
        }

    def _sum(self, trainings: float, days: float, per_day: float) -> Joules:
        low, central, high = (
            trainings * (training + refresh) + days * (per_day * each + SECONDS_PER_DAY * idle_w)
            for training, refresh, each, idle_w in zip(
                self.training, self.refresh, self.recommendation, self.idle_w, strict=True
            )
        )
        return low, central, high


def _trainings(days: float, every: float | None) -> float:
    """Return the number of trainings in so many days: one at once, one more after each period."""
    return 1.0 if every is None else max(1.0, float(math.ceil(days / every)))


def curve(
    life: LifeCycle, operation: Operation, days: float, points: int = 100
) -> list[tuple[float, float, Joules | None]]:
    """Return (days, recommendations, joules as of `LifeCycle.after`) from zero on, evenly."""
    at = [days * i / points for i in range(points + 1)]
    return [(d, d * operation.requests_per_day, life.after(d, operation)) for d in at]


def requests_per_training(operation: Operation) -> float | None:
    """Return the recommendations that one training serves; `None` if it is never repeated.

    If this is above N*, the system that is dearer to train is the cheaper one to operate.
    """
    every = operation.retrain_every_days
    return None if every is None else every * operation.requests_per_day


def kwh_range(joules: Joules) -> Joules:
    """Return low, central and high kilowatt-hours."""
    low, central, high = (kwh_from_joules(energy_j) for energy_j in joules)
    return low, central, high


def grams(joules: Joules, grid: Intensity | None, pue: float) -> Grams | None:
    """Return grams of CO2-eq; `None` where no grid was stated."""
    return None if grid is None else operational_emissions(joules, grid, pue)
