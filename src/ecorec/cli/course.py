"""How far a training is: the epochs that it has passed, their joules, the best of them."""

from dataclasses import dataclass

from ecorec.study.record import EpochRecord


@dataclass
class Course:
    """What is known of a training under way, earlier sessions included."""

    n_epochs: int = 0
    joules: float | None = None
    """Of its epochs, as far as they were read; `None` if none was."""
    best: EpochRecord | None = None
    """The best epoch on validation data so far."""

    def take_in(self, epoch: EpochRecord) -> None:
        """Add an epoch."""
        self.n_epochs += 1
        if epoch.train_j is not None:
            self.joules = (self.joules or 0.0) + epoch.train_j
        if epoch.validation is not None and (
            self.best is None or epoch.validation > (self.best.validation or 0.0)
        ):
            self.best = epoch
