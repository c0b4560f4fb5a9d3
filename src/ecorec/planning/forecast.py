"""The joules and seconds that a run will take, with an interval, from measured samples of it.

A run is a sum of parts: loading, a step of training, a validation. Each part is done for a moment
on the same machine, model and data, and measured; the forecast adds up the samples, each multiplied
by how often the run does it. Where a sample would take too long, it is of a smaller problem, and is
multiplied by the ratio of work that the model's cost formulas give under the machine's rates.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import exp, log

from ecorec.energy.arithmetic import add_readings, scaled_reading
from ecorec.energy.reading import Reading
from ecorec.planning.errors_of_forecasts import USUAL, ForecastError

TRAIN = "train"
"""The phase of training steps."""

UNBOOKED = "unbooked"
"""Keeping records between two epochs, which is part of a run's total but of none of its phases."""

BEFORE = ("load", "split", "graph", "init")
"""Phases that are over when the first epoch begins."""


@dataclass(frozen=True)
class Part:
    """A part of a run: a measured sample, and how many times the run does it."""

    phase: str
    sample: Reading
    times: int | float
    reach: float = 1.0
    """Work of the run over work of the sample, by formula; 1 if the sample is of the run itself."""

    @property
    def reading(self) -> Reading:
        """What the part will take in total."""
        return scaled_reading(self.sample, self.times * self.reach).model_copy(
            update={"name": self.phase}
        )


@dataclass(frozen=True)
class RunForecast:
    """What one run is expected to take if it trains all its epochs."""

    parts: tuple[Part, ...]
    sd: float
    """Standard deviation of the logarithm of actual over forecast."""
    error: ForecastError = USUAL

    @property
    def total(self) -> Reading:
        """The whole run, with the methods and the range of the sensors."""
        return add_readings("total", [part.reading for part in self.parts])

    @property
    def phases(self) -> tuple[Reading, ...]:
        """One reading a phase."""
        names = dict.fromkeys(part.phase for part in self.parts)
        return tuple(
            add_readings(name, [part.reading for part in self.parts if part.phase == name])
            for name in names
        )

    @property
    def train(self) -> Reading:
        """All training steps, or the fit."""
        return self._of_phases(TRAIN)

    @property
    def before(self) -> Reading:
        """Everything before the first epoch."""
        return self._of_phases(*BEFORE)

    def _of_phases(self, *names: str) -> Reading:
        return add_readings(names[0], [part.reading for part in self.parts if part.phase in names])

    @property
    def factor(self) -> float:
        """The factor by which the forecast is divided and multiplied to get its interval."""
        return self.error.factor(self.sd)


def forecast_run(parts: Iterable[Part], error: ForecastError = USUAL) -> RunForecast:
    """Return the forecast of a run from its parts.

    Args:
        parts: All of the run, training among them.
        error: How far such forecasts are off.
    """
    parts = tuple(replace(part, times=part.times * exp(error.bias)) for part in parts)
    whole = sum(part.reading.cpu_s for part in parts)
    away = extrapolated(parts, whole)
    return RunForecast(parts, error.sd(exp(away), per_second(parts, whole)), error)


def extrapolated(parts: Sequence[Part], whole: float) -> float:
    """Return how far a formula extrapolates, as a logarithm, weighted by the parts' share.

    Args:
        parts: Of a run.
        whole: CPU seconds of all of them.
    """
    away = sum(part.reading.cpu_s * abs(log(part.reach)) for part in parts)
    return away / whole if whole > 0 else 0.0


def per_second(parts: Sequence[Part], whole: float) -> float:
    """Return `per_s` for `ForecastError.sd`, with parts weighted by their share of the run.

    If a part was sampled at several moments, their seconds are added.

    Args:
        parts: Of a run.
        whole: CPU seconds of all of them.
    """
    return sampled_per_second(parts, whole) + 1 / whole if whole > 0 else 0.0


def sampled_per_second(parts: Sequence[Part], whole: float) -> float:
    """Return the part of `per_second` that is the samples' own: runs that share them share it."""
    if whole <= 0:
        return 0.0
    return sum(
        (part.reading.cpu_s / whole) ** 2 / part.sample.cpu_s
        for part in parts
        if part.sample.cpu_s > 0
    )


@dataclass(frozen=True)
class Expected:
    """A quantity with its interval at `CONFIDENCE`."""

    central: float
    low: float
    high: float


def refine(
    forecast: RunForecast,
    seen: Sequence[float],
    n_epochs: int,
    key: str = "cpu_s",
    passed: float | None = None,
) -> Expected:
    """Return a new forecast of a whole run, after some of its epochs have passed.

    An epoch to come is expected to take the weighted geometric mean of the forecast and of what was
    seen, each weighted by its precision; what has passed counts as it was.

    Args:
        forecast: The forecast from before the run.
        seen: What the training steps of each epoch took so far, from the first one on.
        n_epochs: Of the whole run.
        key: The quantity: `cpu_s`, `duration_s` or `energy_j`.
        passed: What the run took before its first epoch, where that is known.
    """
    total, train, before = (
        getattr(reading, key) or 0.0
        for reading in (forecast.total, forecast.train, forecast.before)
    )
    if not seen or train <= 0 or min(seen) <= 0:
        return Expected(total, total / forecast.factor, total * forecast.factor)
    n, error = len(seen), forecast.error
    each = train / n_epochs
    usual = (sum(seen) - seen[0] * (1 - exp(-error.first))) / n
    # Epochs seen predict the others up to their own scatter and the drift of the session.
    of_seen = error.of_epochs(n, forecast.train.cpu_s / n_epochs) ** 2
    trust = forecast.sd**2 / (forecast.sd**2 + of_seen)
    correction = exp(trust * log(usual / each))
    left = max(0, n_epochs - n) * each * correction
    sd = (trust * of_seen) ** 0.5
    factor = error.factor(sd, seen=True)
    # Other phases drift with the machine, too, but run other code: correct them by half.
    rest = (total - train - before) * correction**0.5
    wide = error.factor((sd**2 + error.own**2) ** 0.5, seen=True)
    done = sum(seen) + (before if passed is None else passed)
    return Expected(
        done + left + rest,
        done + left / factor + rest / wide,
        done + left * factor + rest * wide,
    )
