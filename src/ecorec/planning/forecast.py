"""What a run will take, from samples of it that were measured: joules, seconds, and how sure.

A run is a sum of parts: loading, a step of training, a validation. A sample of each is measured
for a moment on the very machine, model and data; a forecast is each sample times how often the
run does it. Where a sample would take too long, it is of a smaller problem, and the formulas of
the model's cost under the machine's rates say how many times its work the run is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import exp, log

from ecorec.energy.reading import Reading, add_readings, scaled_reading
from ecorec.planning.errors_of_forecasts import USUAL, ForecastError

TRAIN = "train"
"""The phase whose steps an epoch consists of."""

UNBOOKED = "unbooked"
"""Keeping the books between two epochs, which is in no phase of a run and in its total."""

BEFORE = ("load", "split", "graph", "init")
"""Phases that have passed when the first epoch begins."""


@dataclass(frozen=True)
class Part:
    """A part of a run: what was measured once, and how many times the run does it."""

    phase: str
    sample: Reading
    times: int | float
    reach: float = 1.0
    """Work of the run over work of the sample, by formula; 1 where the sample is of this run."""

    @property
    def reading(self) -> Reading:
        """What the part will take in all."""
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
        """The whole run; its joules carry the methods and the range of the sensors."""
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
        """What has passed when the first epoch begins."""
        return self._of_phases(*BEFORE)

    def _of_phases(self, *names: str) -> Reading:
        return add_readings(names[0], [part.reading for part in self.parts if part.phase in names])

    @property
    def factor(self) -> float:
        """What the forecast is divided and multiplied by for its interval."""
        return self.error.factor(self.sd)


def forecast_run(parts: Iterable[Part], error: ForecastError = USUAL) -> RunForecast:
    """Return the forecast of a run from its parts.

    Args:
        parts: All of the run, training among them.
        error: How far such forecasts are off.
    """
    parts = tuple(replace(part, times=part.times * exp(error.bias)) for part in parts)
    whole = sum(part.reading.cpu_s for part in parts)
    # A part by formula makes the whole unsure to the degree in which the whole is that part.
    away = sum(part.reading.cpu_s * abs(log(part.reach)) for part in parts) / whole if whole else 0
    return RunForecast(parts, error.sd(exp(away), per_second(parts, whole)), error)


def per_second(parts: Sequence[Part], whole: float) -> float:
    """Return one over the CPU seconds sampled, weighed by their share, plus one over the run's.

    Of several moments at which the same part was sampled, the seconds add up.

    Args:
        parts: Of a run.
        whole: CPU seconds of all of them.
    """
    if whole <= 0:
        return 0.0
    sampled = sum(
        (part.reading.cpu_s / whole) ** 2 / part.sample.cpu_s
        for part in parts
        if part.sample.cpu_s > 0
    )
    return sampled + 1 / whole


@dataclass(frozen=True)
class Expected:
    """A quantity with its interval at `CONFIDENCE`."""

    central: float
    low: float
    high: float


def total_of(
    forecasts: Sequence[RunForecast], values: Sequence[float], fixed: float = 0.0
) -> Expected:
    """Return the sum over runs of one quantity, with the interval of the sum.

    What errors have of their own averages out over runs; what they share does not.

    Args:
        forecasts: Of the runs.
        values: Of the quantity, in the same order.
        fixed: Added, as sure.
    """
    whole = sum(values)
    if not whole:
        return Expected(fixed, fixed, fixed)
    shared = forecasts[0].error.shared
    own = [max(0.0, item.sd**2 - shared**2) for item in forecasts]
    weighed = sum(
        variance * (value / whole) ** 2 for variance, value in zip(own, values, strict=True)
    )
    factor = forecasts[0].error.factor((shared**2 + weighed) ** 0.5)
    return Expected(whole + fixed, whole / factor + fixed, whole * factor + fixed)


def refine(
    forecast: RunForecast,
    seen: Sequence[float],
    n_epochs: int,
    key: str = "cpu_s",
    passed: float | None = None,
) -> Expected:
    """Return a run's whole quantity again, now that some of its epochs have passed.

    The rate of the epochs to come is a mean of what was forecast and what was seen, on a
    logarithmic scale, each weighed by how sure it is; what has passed is exact.

    Args:
        forecast: As it was before the run.
        seen: What each epoch's training steps took, from the first on.
        n_epochs: Of the whole run.
        key: Of a reading: `cpu_s`, `duration_s` or `energy_j`.
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
    # What an epoch says of the others is blurred by its own scatter and by the session's drift.
    of_seen = error.of_epochs(n, forecast.train.cpu_s / n_epochs) ** 2
    trust = forecast.sd**2 / (forecast.sd**2 + of_seen)
    correction = exp(trust * log(usual / each))
    left = max(0, n_epochs - n) * each * correction
    sd = (trust * of_seen) ** 0.5
    factor = error.factor(sd, seen=True)
    # What is not training drifts with the machine, too, but is not the same code.
    rest = (total - train - before) * correction**0.5
    wide = error.factor((sd**2 + error.own**2) ** 0.5, seen=True)
    done = sum(seen) + (before if passed is None else passed)
    return Expected(
        done + left + rest,
        done + left / factor + rest / wide,
        done + left * factor + rest * wide,
    )
