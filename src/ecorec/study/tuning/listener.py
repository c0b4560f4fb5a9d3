"""Who wants to know how a tuning goes."""

from typing import Protocol, runtime_checkable

from ecorec.data.dataset import Dataset
from ecorec.study.tuning.record import ModelTuning, TuningRecord
from ecorec.study.tuning.settings import Task, TuningSettings
from ecorec.training.fit import EpochResult


@runtime_checkable
class TuningListener(Protocol):
    """Is called as a tuning goes on."""

    def planned(self, settings: TuningSettings, record: TuningRecord, dataset: Dataset) -> None:
        """The tuning was planned: what will be tried, and what is known already."""
        ...

    def epoch_done(self, task: Task, position: int, epoch: EpochResult) -> None:
        """A trial has passed an epoch."""
        ...

    def trial_done(self, task: Task, tuning: ModelTuning) -> None:
        """The last of these trials has ended."""
        ...


class Silent:
    """A listener that says nothing."""

    def planned(self, settings: TuningSettings, record: TuningRecord, dataset: Dataset) -> None:
        """Say nothing."""

    def epoch_done(self, task: Task, position: int, epoch: EpochResult) -> None:
        """Say nothing."""

    def trial_done(self, task: Task, tuning: ModelTuning) -> None:
        """Say nothing."""
