"""What a study will take, before it starts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ecorec.energy.arithmetic import add_readings
from ecorec.energy.reading import Reading
from ecorec.errors import InputError
from ecorec.planning.forecast import (
    TRAIN,
    UNBOOKED,
    Expected,
    Part,
    RunForecast,
)
from ecorec.planning.sum_of_runs import total_of
from ecorec.study.plan import Job
from ecorec.study.samples.sample import n_validations

CODECARBON_S = 2.0
"""Seconds that CodeCarbon takes to start the first time, outside of all phases."""

PAGE_BYTES = 540_000
"""Size of the report, mostly of its two libraries."""


class NoForecastError(InputError):
    """A study cannot be forecast; it can be started all the same."""


def check_forecast(jobs: Iterable[Job]) -> None:
    """Make sure that jobs can be forecast.

    Raises:
        NoForecastError: They are not all for the CPU, whose rates a forecast is made with.
    """
    others = sorted({job.measurement.device for job in jobs} - {"cpu"})
    if others:
        message = f"--device {others[0]} cannot be forecast: forecasts need the rates of a CPU"
        hint = "start without one: leave out --budget; `ecorec run --yes` does not forecast"
        raise NoForecastError(message, hint=hint)


@dataclass(frozen=True)
class JobForecast:
    """A training that is to come."""

    job: Job
    run: RunForecast
    """The longest run of the training."""
    beside: tuple[Part, ...]
    """The tests of shorter runs that it passes on its way, which the longest run lacks."""
    disk_bytes: float

    @property
    def total(self) -> Reading:
        """All that the training will take, shorter runs included."""
        return add_readings("total", [self.run.total, *(part.reading for part in self.beside)])


@dataclass(frozen=True)
class StudyForecast:
    """The forecast of all trainings that a study still lacks."""

    jobs: tuple[JobForecast, ...]
    n_done: int
    sampling: Reading
    """What the forecast itself took."""
    cooldown_s: float = 0.0
    halves: bool = False
    """Whether the grid is halved, so that most trainings stop early."""
    warmup: Reading | None = None
    """What a session takes once, before its runs: in none of them; `None` if not known."""

    @property
    def total(self) -> Reading | None:
        """Everything, by method; `None` if nothing is left to run."""
        readings = [item.total for item in self.jobs]
        return add_readings("study", readings) if readings else None

    def expected(self, of: Callable[[Reading], float | None]) -> Expected | None:
        """Return a quantity of the study with its interval; `None` where it cannot be read."""
        values = [of(item.total) for item in self.jobs]
        if any(value is None for value in values):
            return None
        return total_of([item.run for item in self.jobs], [value or 0.0 for value in values])

    @property
    def energy_j(self) -> Expected | None:
        """Joules at the sensors' central values."""
        return self.expected(lambda reading: reading.energy_j)

    @property
    def duration_s(self) -> Expected:
        """Seconds from the first run to the last, rests included."""
        found = self.expected(lambda reading: reading.duration_s)
        fixed = CODECARBON_S + max(0, len(self.jobs) - 1) * self.cooldown_s
        assert found is not None
        return Expected(found.central + fixed, found.low + fixed, found.high + fixed)

    @property
    def disk_bytes(self) -> float:
        """Bytes by which the study's folder will grow."""
        return sum(item.disk_bytes for item in self.jobs) + (PAGE_BYTES if self.jobs else 0)

    @property
    def may_end_early(self) -> bool:
        """Whether patience, a stopping rule or halving may spare some of the epochs."""
        trainings = [item.job.longest.training for item in self.jobs]
        return self.halves or any(
            t and (t.patience is not None or t.stop_when is not None) for t in trainings
        )


def one_epoch(forecast: JobForecast) -> Reading:
    """Return the least that a job takes until it has a result.

    That is one epoch with its validation and test, or the whole of a fit in closed form.
    """
    job = forecast.job
    often = {TRAIN: job.epochs, UNBOOKED: job.epochs, "validate": n_validations(job.longest)}
    kept = [
        replace(part, times=part.times / often.get(part.phase, 1)) if job.epochs else part
        for part in forecast.run.parts
    ]
    return add_readings("one epoch", [part.reading for part in kept])


def cheap_first(forecasts: list[JobForecast]) -> list[JobForecast]:
    """Return the jobs in the order in which a budget is spent: fits first, then by joules."""

    def turn(item: JobForecast) -> tuple[bool, float]:
        joules = item.total.energy_j
        return item.job.longest.training is not None, (
            item.total.cpu_s if joules is None else joules
        )

    return sorted(forecasts, key=turn)
