"""Who wants to know how a tuning goes."""

from typing import Protocol, runtime_checkable

from ecorec.data.dataset import Dataset
from ecorec.study.tuning.record import ModelTuning, TuningRecord
from ecorec.study.tuning.settings import Task, TuningSettings
from ecorec.training.fit import EpochResult


@runtime_checkable
class TuningListener(Protocol):
    """Told of a tuning as it goes."""

    def planned(self, settings: TuningSettings, record: TuningRecord, dataset: Dataset) -> None:
        """Say what will be tried, and what is known already."""
        ...

    def epoch_done(self, task: Task, position: int, epoch: EpochResult) -> None:
        """Say that a trial has passed an epoch."""
        ...

    def trial_done(self, task: Task, tuning: ModelTuning) -> None:
        """Say what the last of these trials came to."""
        ...


class Silent:
    """A listener that says nothing."""

    def planned(self, settings: TuningSettings, record: TuningRecord, dataset: Dataset) -> None:
        """Say nothing."""

    def epoch_done(self, task: Task, position: int, epoch: EpochResult) -> None:
        """Say nothing."""

    def trial_done(self, task: Task, tuning: ModelTuning) -> None:
        """Say nothing."""
