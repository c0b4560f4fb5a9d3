"""Stopping by what a joule still buys: the gain in validation over a window, per joule.

Patience asks whether validation still grows; this asks whether it grows enough for what it
costs. The gain is the best value within a window less the best one before it, and the joules are
those that the run drew in between. The window is the last third of what has been trained, because
a training that has taken long grows slowly and by leaps; at first, some validations and epochs,
because models rest for a few epochs before they find more than what is popular.
"""

import re
from dataclasses import dataclass, field
from math import isfinite

import torch
from torch import Tensor

from ecorec.errors import InputError
from ecorec.units import parse_energy

LEAST_VALIDATIONS = 3
"""In a window, so that one unlucky value stops nothing."""

LEAST_EPOCHS = 5
"""In a window, however often there is a validation."""

ONE_IN = 3
"""Of the validations so far, one in so many is in the window."""

_RULE = re.compile(
    r"gain\s*<\s*(?P<gain>[0-9.]+(?:e[+-]?\d+)?)\s*(?P<percent>%?)\s*per\s*(?P<energy>.+)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class StopRule:
    """The least gain that a joule must bring."""

    gain_per_j: float
    """Of the validation metric, absolute or as a share of the best value so far."""
    relative: bool

    @classmethod
    def parse(cls, text: str) -> "StopRule":
        """Read `gain<0.001 per kJ` or `gain<0.5% per 2kJ`.

        Raises:
            InputError: It is no such rule, or its number is not positive.
        """
        found = _RULE.fullmatch(text.strip())
        try:
            gain, joules = _gain_and_joules(found["gain"], found["energy"]) if found else (0.0, 1.0)
            why = "" if gain > 0 and isfinite(gain) else "expected gain<NUMBER per kJ"
        except ValueError as error:
            gain, joules, why = 0.0, 1.0, f"{error}"
        if found is None or why:
            message = f"`{text}` is no stopping rule: {why}"
            hint = 'write --stop-when "gain<0.001 per kJ", or "gain<0.5% per kJ"'
            raise InputError(message, hint=hint)
        share = 100.0 if found["percent"] else 1.0
        return cls(gain / share / joules, bool(found["percent"]))


def _gain_and_joules(gain: str, energy: str) -> tuple[float, float]:
    # `per kJ` is `per 1 kJ`.
    return float(gain), parse_energy(energy if energy[0] in "-.0123456789" else f"1 {energy}")


@dataclass
class GreenStopping:
    """A rule and the validations that it has seen."""

    rule: StopRule
    seen: list[tuple[int, float, float]] = field(default_factory=list)
    """(epoch, joules of the run so far, validation), in order."""

    def observe(self, epoch: int, spent_j: float | None, value: float) -> None:
        """Take up a validation; without joules there is nothing to judge by."""
        if spent_j is not None and value == value:
            self.seen.append((epoch, spent_j, value))

    @property
    def says_stop(self) -> bool:
        """Whether the last window has brought less than the rule asks for its joules."""
        window = self._window
        before, within = self.seen[:-window], self.seen[-window:]
        if not before:
            return False
        best = max(value for *_, value in before)
        gain = max(0.0, max(value for *_, value in within) - best)
        scale = best if self.rule.relative else 1.0
        spent_j = within[-1][1] - before[-1][1]
        return gain < self.rule.gain_per_j * spent_j * scale

    @property
    def _window(self) -> int:
        """Validations in the window; all of them, where there are too few yet."""
        size = max(LEAST_VALIDATIONS, len(self.seen) // ONE_IN)
        while size < len(self.seen) and self.seen[-1][0] - self.seen[-size - 1][0] < LEAST_EPOCHS:
            size += 1
        return size

    def state(self) -> dict[str, Tensor]:
        """Return what a checkpoint needs."""
        return {"gains": torch.tensor(self.seen, dtype=torch.float64).reshape(-1, 3)}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Continue from what `state` returned; from nothing, if it has no part of this."""
        rows = state["gains"].tolist() if "gains" in state else []
        self.seen = [(int(epoch), spent_j, value) for epoch, spent_j, value in rows]
