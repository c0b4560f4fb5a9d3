"""What a study keeps of the tuning that its settings come from."""

from typing import Any

from pydantic import NonNegativeInt, PositiveInt

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
    """Validation of the trial that had the settings of a run without tuning; `None` if there is
    none."""
    n_trials: PositiveInt
    states: dict[str, int]
    """How many trials were complete, pruned, failed, interrupted."""
    bill: Reading
    n_contaminated: NonNegativeInt = 0
    """Trials that are known to have been measured beside other work, however they ended."""

    @property
    def method(self) -> str:
        """How the joules of its trials were obtained; `!` if some were read beside other work."""
        return _marked(self.bill, beside=self.n_contaminated > 0)

    @property
    def beside_in_words(self) -> str:
        """How many of its trials were measured beside other work."""
        return f"{self.n_contaminated} of {sum(self.states.values())} trials of {self.label}"

    @property
    def label(self) -> str:
        """What people call it, e.g. `lightgcn d=64`."""
        return label_of(self.model, self.embedding_size)


class TuningSummary(Config):
    """A tuning as a study keeps it, to show its cost beside the quality that it gained."""

    folder: str
    dataset: str
    fingerprint: str
    objective: tuple[str, ...]
    search: str
    bill: Reading
    """Everything that the tuning drew: every trial, and what they share."""
    shared: Reading | None
    """The part of it that is loading, splitting and the graph."""
    models: tuple[Tuned, ...]

    @property
    def beside(self) -> tuple[Tuned, ...]:
        """The models of which some trials were measured beside other work."""
        return tuple(model for model in self.models if model.n_contaminated)

    @property
    def method(self) -> str:
        """How the joules of all of it were obtained; `!` if some were read beside other work."""
        return _marked(self.bill, beside=bool(self.beside))


def _marked(bill: Reading, *, beside: bool) -> str:
    return "+".join(bill.methods) + (" !" if beside else "")
