"""What is left of a training or a study while it runs, in joules and time."""

from math import ceil

from ecorec.planning.forecast import RunForecast, refine
from ecorec.study.forecast import StudyForecast
from ecorec.study.plan import Job
from ecorec.study.record import EpochRecord
from ecorec.units import format_duration, format_energy

TOLD_AFTER = 0.02
"""Share of a training's epochs after which the rest is estimated."""


class Left:
    """Estimates what is left, of the training under way and, with a forecast, of later ones.

    Args:
        forecast: Forecast of the study; without one, only the training under way is counted.
    """

    def __init__(self, forecast: StudyForecast | None = None) -> None:
        self._to_come: dict[int, RunForecast] = {}
        if forecast is not None:
            self._to_come = {id(item.job): item.run for item in forecast.jobs}
        self._now: RunForecast | None = None
        self._n_epochs = 0
        self._seen: list[EpochRecord] = []

    def begin(self, job: Job) -> None:
        """Take up the next training."""
        self._now = self._to_come.pop(id(job), None)
        self._n_epochs, self._seen = job.epochs, []

    def after(self, epoch: EpochRecord) -> str:
        """Return e.g. `120 J 1 min 10 s left` after one more epoch, nothing if it is too early."""
        self._seen.append(epoch)
        if len(self._seen) < ceil(TOLD_AFTER * self._n_epochs):
            return ""
        joules, seconds = self.amounts()
        energy = "" if joules is None else f"{format_energy(joules)} "
        return f"{energy}{format_duration(seconds)} left"

    def amounts(self) -> tuple[float | None, float]:
        """Return joules (`None` where they cannot be read) and seconds that are left."""
        spent_s = [epoch.train_s for epoch in self._seen]
        spent_j = [epoch.train_j for epoch in self._seen if epoch.train_j is not None]
        seconds = self._of("duration_s", spent_s)
        if len(spent_j) < len(self._seen):
            return None, seconds
        return self._of("energy_j", spent_j), seconds

    def _of(self, key: str, seen: list[float]) -> float:
        others = sum(getattr(run.total, key) or 0.0 for run in self._to_come.values())
        n_left = self._n_epochs - self._seen[-1].epoch
        if self._now is None or self._seen[0].epoch > 1:
            return others + n_left * sum(seen) / len(seen)
        whole = refine(self._now, seen, self._n_epochs, key).central
        before = getattr(self._now.before, key) or 0.0
        return others + max(0.0, whole - sum(seen) - before)
