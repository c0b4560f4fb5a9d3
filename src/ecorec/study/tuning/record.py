"""What a tuning leaves behind: every trial with its joules, and what was chosen."""

from collections import Counter
from collections.abc import Iterable
from math import log
from typing import Any, Literal, TypeVar

from pydantic import NonNegativeInt, PositiveInt

from ecorec.config import Config
from ecorec.data.dataset import DataSettings
from ecorec.data.protocols import SplitSettings
from ecorec.energy.arithmetic import add_readings
from ecorec.energy.hardware import Hardware
from ecorec.energy.reading import Reading
from ecorec.study.tuning.label import label_of
from ecorec.study.tuning.summary import Tuned, TuningSummary

TUNING_SCHEMA_VERSION: Literal[1] = 1
"""Raised whenever a field changes its meaning; readers refuse versions they do not know."""

PHASE = "tune"
"""Name of the phase that every joule of a tuning is booked under."""

CHEAP_ENOUGH = 0.01
"""If energy is an objective, the cheapest trial within this share of the best quality is chosen."""

State = Literal["complete", "pruned", "failed", "interrupted"]
"""An interrupted trial is billed and done again; the others count."""


class TrialRecord(Config):
    """One trial."""

    number: NonNegativeInt
    """Number in the journal, which also counts interrupted ones."""
    state: State
    settings: dict[str, Any]
    """The settings that it tried, by their own names."""
    validation: float | None
    """Best validation metric; for a pruned trial, the best until it was stopped."""
    best_epoch: PositiveInt | None
    """`None` where nothing is trained in epochs, or where nothing was validated."""
    run_j: float | None
    """Central joules of its own training and validation; the method is that of `energy`."""
    energy: Reading | None
    """Everything since the previous trial; for an interrupted trial, as far as it is known."""
    contaminated: bool | None = None
    """Whether other work on the machine makes the energy not its own; `None` where that was not
    noted."""
    is_default: bool = False
    """Whether it tried the settings that a run has without tuning."""
    reason: str | None = None
    """Why it failed."""


class ModelTuning(Config):
    """The trials of one model at one embedding size."""

    model: str
    embedding_size: PositiveInt | None
    source: str
    """Where the searched ranges are from."""
    trials: tuple[TrialRecord, ...]

    @property
    def label(self) -> str:
        """What people call it, e.g. `lightgcn d=64`."""
        return label_of(self.model, self.embedding_size)

    @property
    def n_trials(self) -> int:
        """Trials that count: all but the interrupted ones."""
        return sum(trial.state != "interrupted" for trial in self.trials)

    @property
    def bill(self) -> Reading:
        """The energy of all trials, whatever became of them."""
        return add_readings(PHASE, [t.energy for t in self.trials if t.energy is not None])

    @property
    def complete(self) -> tuple[TrialRecord, ...]:
        """The trials that may be chosen."""
        found = [t for t in self.trials if t.state == "complete" and t.validation is not None]
        return tuple(found)

    @property
    def front(self) -> tuple[TrialRecord, ...]:
        """The trials that no other beats in both quality and joules, cheapest first."""
        ordered = sorted(self.complete, key=lambda t: (t.run_j or 0.0, -(t.validation or 0.0)))
        front: list[TrialRecord] = []
        for trial in ordered:
            if not front or (trial.validation or 0.0) > (front[-1].validation or 0.0):
                front.append(trial)
        return tuple(front)

    def chosen(self, *, weighs_energy: bool) -> TrialRecord | None:
        """Return the trial with the best validation, the earliest of equals.

        Args:
            weighs_energy: Take the cheapest that comes within one per cent of it instead.
        """
        if not self.complete:
            return None
        best = max(self.complete, key=lambda trial: (trial.validation or 0.0, -trial.number))
        if not weighs_energy:
            return best
        enough = (best.validation or 0.0) * (1 - CHEAP_ENOUGH)
        return next(trial for trial in self.front if (trial.validation or 0.0) >= enough)


class TuningRecord(Config):
    """A tuning as it stands in `tuning.json`: a view of the journal, renewed after each trial."""

    schema_version: Literal[1] = TUNING_SCHEMA_VERSION
    created_at: str
    """ISO 8601, UTC."""
    dataset: str
    fingerprint: str
    """Hash of the filtered interactions."""
    data: DataSettings
    split: SplitSettings
    split_seed: int
    preset: str
    objective: tuple[str, ...]
    trials_per_model: PositiveInt
    epochs: PositiveInt
    seed: int
    protocol: dict[str, Any]
    """Whatever else must stay the same when a tuning is continued."""
    search: str
    """Sampler and pruner, in words."""
    machines: tuple[Hardware, ...]
    warmups: tuple[Reading, ...] = ()
    """Compiling and importing, once a session; not part of any bill."""
    shared: tuple[Reading, ...] = ()
    """Loading, splitting and the graph, once a session, for all models together."""
    models: tuple[ModelTuning, ...] = ()
    left_out: tuple[ModelTuning, ...] = ()
    """Models whose first trial was interrupted and that were not asked for again."""

    @property
    def bill(self) -> Reading:
        """Everything that tuning drew: all trials of all models, and what they share."""
        begun = (m.bill for m in (*self.models, *self.left_out) if m.trials)
        return add_readings(PHASE, [*self.shared, *begun])

    def summary(self, folder: str) -> "TuningSummary":
        """Return what a study that uses the chosen settings keeps of this tuning."""
        weighs = len(self.objective) == 2
        tuned = []
        for model in self.models:
            chosen = model.chosen(weighs_energy=weighs)
            if chosen is None or chosen.validation is None:
                continue
            default = next((t.validation for t in model.complete if t.is_default), None)
            tuned.append(
                Tuned(
                    model=model.model,
                    embedding_size=model.embedding_size,
                    settings=chosen.settings,
                    validation=chosen.validation,
                    default_validation=default,
                    n_trials=model.n_trials,
                    states=dict(Counter(trial.state for trial in model.trials)),
                    n_contaminated=sum(bool(trial.contaminated) for trial in model.trials),
                    bill=model.bill,
                )
            )
        return TuningSummary(
            folder=folder,
            dataset=self.dataset,
            fingerprint=self.fingerprint,
            objective=self.objective,
            search=self.search,
            bill=self.bill,
            shared=add_readings(PHASE, [*self.shared]) if self.shared else None,
            models=tuple(tuned),
        )


ModelT = TypeVar("ModelT", ModelTuning, Tuned)


def nearest(models: Iterable[ModelT], model: str, embedding_size: int | None) -> ModelT | None:
    """Return the tuning of a model at this size or, where there is none, at the nearest one."""
    found = [item for item in models if item.model == model]
    if not found:
        return None

    def distance(item: ModelT) -> float:
        if embedding_size is None or item.embedding_size is None:
            return 0.0
        return abs(log(item.embedding_size / embedding_size))

    return min(found, key=distance)
