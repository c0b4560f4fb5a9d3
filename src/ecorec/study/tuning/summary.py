"""What a study keeps of the tuning that its settings come from."""

from typing import Any

from pydantic import PositiveInt

from ecorec.config import Config
from ecorec.energy.reading import Reading
from ecorec.study.tuning.label import label_of


class Tuned(Config):
    """One model's chosen settings and what choosing them cost."""

    model: str
    embedding_size: PositiveInt | None
    settings: dict[str, Any]
    validation: float
    default_validation: float | None
    """Of the trial with the settings that a run has without any tuning; `None` without one."""
    n_trials: PositiveInt
    states: dict[str, int]
    """How many trials were complete, pruned, failed, interrupted."""
    bill: Reading

    @property
    def label(self) -> str:
        """What people call it, e.g. `lightgcn d=64`."""
        return label_of(self.model, self.embedding_size)


class TuningSummary(Config):
    """A tuning as a study keeps it, so that its price stands beside what it bought."""

    folder: str
    dataset: str
    fingerprint: str
    objective: tuple[str, ...]
    search: str
    bill: Reading
    """Everything that the tuning drew: every trial, and what they share."""
    shared: Reading | None
    """Of that, loading, splitting and the graph."""
    models: tuple[Tuned, ...]
