"""The one training loop. What to validate, measure and store is passed in."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ecorec.training.trainer import Trainer


@runtime_checkable
class Phase(Protocol):
    """Opens a window of measurement for a named phase."""

    def __call__(self, name: str) -> AbstractContextManager[Any]:
        """Return a context manager that measures its body."""
        ...


@dataclass(frozen=True)
class EpochResult:
    """What one epoch came to."""

    epoch: int
    loss: float
    validation: float | None
    """The selecting metric, where this epoch was validated."""
    window: Any
    """What the phase yielded around the training steps."""


def n_validations(epochs: int, every: int) -> int:
    """Return how often a training of so many epochs validates; the last epoch always counts."""
    return -(-epochs // every)


def fit(
    trainer: Trainer,
    validate: Callable[[], float],
    phase: Phase,
    on_epoch: Callable[[EpochResult], None],
    goes_on: Callable[[EpochResult], bool] = lambda _: True,
    spent_j: Callable[[], float | None] = lambda: None,
) -> bool:
    """Train until the last epoch, or until patience or what joules still buy has run out.

    Args:
        trainer: Where training starts from; may have been restored from a checkpoint.
        validate: Returns the selecting metric of the parameters as they are.
        phase: Measures `train` and `validate`.
        on_epoch: Called after each epoch, with the selection already updated.
        goes_on: Asked after each epoch whether there should be another one.
        spent_j: Returns the run's joules so far; asked at validations where the settings have
            `stop_when`.

    Returns:
        Whether training came to its own end, rather than being told to stop before it.

    Raises:
        TrainingError: The loss became something that is not a number.
    """
    settings = trainer.settings
    while trainer.epoch < settings.epochs and trainer.ended_by is None:
        with phase("train") as window:
            loss = trainer.train_epoch()
        validation = None
        if trainer.epoch % settings.validate_every == 0 or trainer.epoch == settings.epochs:
            with phase("validate"):
                validation = validate()
                trainer.observe(validation)
            if trainer.green is not None:
                trainer.green.observe(trainer.epoch, spent_j(), validation)
        result = EpochResult(trainer.epoch, loss, validation, window)
        on_epoch(result)
        if not goes_on(result):
            return trainer.epoch >= settings.epochs or trainer.ended_by is not None
    return True
