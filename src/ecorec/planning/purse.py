"""What is left of a budget while runs draw on it, and whether it allows one more epoch."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ecorec.energy.reading import Reading
from ecorec.planning.budget import Budget

EPOCHS_REMEMBERED = 3
"""The next epoch is expected to take as much as the dearest of so many last ones."""


@dataclass
class Purse:
    """A budget, what was spent of it before the run under way, and what that run still needs.

    All amounts are in the budget's own unit: joules, grams or seconds.
    """

    budget: Budget
    spent: float = 0.0
    """Spent by everything but the run under way."""
    validation: float = 0.0
    """Forecast cost of one validation."""
    ending: float = 0.0
    """Forecast cost of testing and storing the run."""
    rest: float = 0.0
    """Expected cost of the rest before a run that is not the first."""
    reserve: float = 0.0
    """Kept for what follows the last run."""
    _epochs: list[float] = field(default_factory=list)
    _taken: float = 0.0
    """By the run under way, as far as it is known."""

    def begin(self, spent: float, validation: float, ending: float) -> None:
        """Forget the last run and take up the next.

        Args:
            spent: Spent by everything but this run.
            validation: Forecast cost of one validation.
            ending: Forecast cost of testing and storing it.
        """
        self.spent, self.validation, self.ending = spent, validation, ending
        self._epochs, self._taken = [], 0.0

    @property
    def left(self) -> float:
        """What the run under way may take; never negative."""
        return max(0.0, self.budget.amount - self.reserve - self.spent)

    def allows_epoch(self, run: Reading, epoch: Reading) -> bool:
        """Return whether one more epoch, and what must follow it, stays within the budget.

        A reading without joules, because a counter failed for a moment, was not free: what was
        known before still counts, and an epoch as dear as any.

        Args:
            run: What the run has taken so far.
            epoch: Training steps of its last epoch.

        Raises:
            InputError: No energy of the run could be read yet.
        """
        if self.budget.knows(epoch):
            self._epochs = [*self._epochs, self.budget.of(epoch)][-EPOCHS_REMEMBERED:]
        if self.budget.knows(run) or not self._epochs:
            self._taken = self.budget.of(run)
        else:
            self._taken += max(self._epochs) + self.validation
        # The epoch at which training stops is always validated and tested.
        needed = max(self._epochs, default=self._taken) + self.validation + self.ending
        return self.spent + self._taken + needed <= self.budget.amount - self.reserve

    def fits(self, readings: Sequence[Reading]) -> bool:
        """Return whether the next run may take all of this."""
        return sum(map(self.budget.of, readings)) <= self.left
