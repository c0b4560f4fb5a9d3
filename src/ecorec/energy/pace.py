"""How often a meter answers, which may be less often than it is to be asked."""

import math

MISSED_LOOKS = 3
"""After this many periods without an answer, the joules in between are lost."""

LATE = 0.5
"""An answer that comes later than this share of a period has left a gap."""


class Pace:
    """When a meter has answered, and how long it took to.

    Args:
        every_s: Seconds between two questions, unless the answers take longer.
    """

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._took_s = 0.0
        self.asked_s = -math.inf
        """When the last question was asked that has been answered."""
        self.answered_s = -math.inf
        """When it was."""

    @property
    def period_s(self) -> float:
        """Seconds from one answer to the next, in tenths where the answers decide it."""
        return max(self._every_s, math.ceil(10 * self._took_s) / 10 if self.is_slow else 0.0)

    @property
    def is_slow(self) -> bool:
        """Whether an answer takes longer than the time until the next question is due."""
        return self._took_s > self._every_s

    @property
    def complaint(self) -> str:
        """What the user is told of a meter that is slow."""
        return f"answers take {self._took_s:.1f} s; raise every_s, which is {self._every_s:g}"

    def answer(self, asked_s: float, answered_s: float) -> None:
        """Note that a question was answered."""
        self.asked_s, self.answered_s = asked_s, answered_s
        self._took_s = answered_s - asked_s

    def is_late(self, now_s: float) -> bool:
        """Return whether the last answer is too old to stand for the power now."""
        return now_s - self.answered_s > MISSED_LOOKS * self.period_s

    def gap_s(self, now_s: float) -> float:
        """Return for how long the last answer had to stand for one that was due."""
        late_s = now_s - self.answered_s - self.period_s
        return late_s if late_s > LATE * self.period_s else 0.0
