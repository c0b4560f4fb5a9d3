"""Who wants to know how a study goes."""

from typing import Protocol, runtime_checkable

from ecorec.data.dataset import Dataset
from ecorec.energy.hardware import Hardware
from ecorec.study.forecast import StudyForecast
from ecorec.study.plan import Job
from ecorec.study.record import EpochRecord, RunRecord


@runtime_checkable
class Listener(Protocol):
    """Who wants to know how a study goes; all calls come from the thread that runs it.

    With several workers, several trainings are under way at a time.
    """

    def planned(
        self, hardware: Hardware, datasets: list[Dataset], jobs: list[Job], done: int
    ) -> None:
        """Say what will be run, and how many runs are done already."""
        ...

    def placed(self, where: str) -> None:
        """Say where the runs will be, unless it is one after another in this process."""
        ...

    def measuring_idle(self, longest_s: float) -> None:
        """Say that the idle machine is being measured, for so many seconds at most."""
        ...

    def forecast(self, forecast: StudyForecast) -> None:
        """Say what the study is expected to take, where that was asked for."""
        ...

    def job_started(self, job: Job) -> None:
        """Say that a training begins."""
        ...

    def epoch_done(self, job: Job, epoch: EpochRecord) -> None:
        """Say that a training has passed an epoch."""
        ...

    def job_lost(self, job: Job, why: str) -> None:
        """Say that a training was lost with its process or node, and will begin again."""
        ...

    def job_done(self, job: Job, records: list[RunRecord]) -> None:
        """Say what a training came to."""
        ...

    def rung_done(self, epochs: int, kept: list[Job], dropped: list[Job]) -> None:
        """Say which trainings go on after so many epochs, and which are left behind."""
        ...


class Silent:
    """A listener that says nothing."""

    def planned(
        self, hardware: Hardware, datasets: list[Dataset], jobs: list[Job], done: int
    ) -> None:
        """Say nothing."""

    def placed(self, where: str) -> None:
        """Say nothing."""

    def measuring_idle(self, longest_s: float) -> None:
        """Say nothing."""

    def forecast(self, forecast: StudyForecast) -> None:
        """Say nothing."""

    def job_started(self, job: Job) -> None:
        """Say nothing."""

    def epoch_done(self, job: Job, epoch: EpochRecord) -> None:
        """Say nothing."""

    def job_lost(self, job: Job, why: str) -> None:
        """Say nothing."""

    def job_done(self, job: Job, records: list[RunRecord]) -> None:
        """Say nothing."""

    def rung_done(self, epochs: int, kept: list[Job], dropped: list[Job]) -> None:
        """Say nothing."""
