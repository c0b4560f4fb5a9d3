"""Who wants to know how a study goes."""

from typing import Protocol, runtime_checkable

from ecorec.data.dataset import Dataset
from ecorec.energy.hardware import Hardware
from ecorec.study.forecast import StudyForecast
from ecorec.study.plan import Job
from ecorec.study.record import EpochRecord, RunRecord


@runtime_checkable
class Listener(Protocol):
    """Is called as a study goes on, always from the thread that runs it.

    With several workers, several trainings are under way at a time.
    """

    def noticed(self, words: str) -> None:
        """Something about the folder or the data should be known before any run."""
        ...

    def planned(
        self, hardware: Hardware, datasets: list[Dataset], jobs: list[Job], done: int
    ) -> None:
        """The study was planned: what will be run, and how many runs are done already."""
        ...

    def placed(self, where: str) -> None:
        """Runs will be elsewhere than one after another in this process."""
        ...

    def measuring_idle(self, longest_s: float) -> None:
        """The idle machine is being measured, for so many seconds at most."""
        ...

    def forecast(self, forecast: StudyForecast) -> None:
        """The study was forecast; called only if that was asked for."""
        ...

    def job_started(self, job: Job) -> None:
        """A training begins."""
        ...

    def job_resumed(self, job: Job, epochs: list[EpochRecord]) -> None:
        """A training goes on after epochs that it passed earlier, in this session or before."""
        ...

    def epoch_done(self, job: Job, epoch: EpochRecord) -> None:
        """A training has passed an epoch."""
        ...

    def job_lost(self, job: Job, why: str) -> None:
        """A training was lost with its process or node, and will begin again."""
        ...

    def job_done(self, job: Job, records: list[RunRecord]) -> None:
        """A training is finished, with these records."""
        ...

    def rung_done(self, epochs: int, kept: list[Job], dropped: list[Job]) -> None:
        """Halving has decided which trainings go on after so many epochs, and which do not."""
        ...


class Silent:
    """A listener that says nothing."""

    def noticed(self, words: str) -> None:
        """Say nothing."""

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

    def job_resumed(self, job: Job, epochs: list[EpochRecord]) -> None:
        """Say nothing."""

    def epoch_done(self, job: Job, epoch: EpochRecord) -> None:
        """Say nothing."""

    def job_lost(self, job: Job, why: str) -> None:
        """Say nothing."""

    def job_done(self, job: Job, records: list[RunRecord]) -> None:
        """Say nothing."""

    def rung_done(self, epochs: int, kept: list[Job], dropped: list[Job]) -> None:
        """Say nothing."""
