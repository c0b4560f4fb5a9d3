"""What is left of a budget while runs draw on it, and whether one more epoch may."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ecorec.energy.reading import Reading
from ecorec.planning.budget import Budget

EPOCHS_REMEMBERED = 3
"""The dearest of so many last epochs is what the next one is thought to take."""


@dataclass
class Purse:
    """A budget, what was spent of it before the run under way, and what that run still needs.

    All amounts are in the budget's own unit: joules, grams or seconds.
    """

    budget: Budget
    spent: float = 0.0
    """By everything but the run under way."""
    validation: float = 0.0
    """Of one validation, by forecast."""
    ending: float = 0.0
    """Of the test and of storing the run, by forecast."""
    _epochs: list[float] = field(default_factory=list)

    def begin(self, spent: float, validation: float, ending: float) -> None:
        """Forget the last run and take up the next.

        Args:
            spent: By everything but this run.
            validation: Of one validation of it.
            ending: Of its test and of storing it.
        """
        self.spent, self.validation, self.ending = spent, validation, ending
        self._epochs = []

    @property
    def left(self) -> float:
        """What the run under way may take; never negative."""
        return max(0.0, self.budget.amount - self.spent)

    def allows_epoch(self, run: Reading, epoch: Reading) -> bool:
        """Return whether one more epoch, and what must follow it, stays within the budget.

        Args:
            run: What the run has taken so far.
            epoch: Training steps of its last epoch.
        """
        self._epochs = [*self._epochs, self.budget.of(epoch)][-EPOCHS_REMEMBERED:]
        # An epoch after which training stops is validated and tested, whatever the interval.
        needed = max(self._epochs) + self.validation + self.ending
        return self.spent + self.budget.of(run) + needed <= self.budget.amount

    def fits(self, readings: Sequence[Reading]) -> bool:
        """Return whether all of this may be spent by the run that is to begin."""
        return sum(map(self.budget.of, readings)) <= self.left
