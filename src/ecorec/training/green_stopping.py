"""Stopping by what energy still buys: the gain in validation over a window, for what it took.

Patience asks whether validation still grows; this asks whether it grows enough for what it
costs. The gain is the best value within a window less the best one before it; the energy is what
the run drew in between, in joules or as a share of what it had drawn before. The window is the
last third of what has been trained, because a training that has taken long grows slowly and by
leaps; at first, some validations and epochs, because models rest for a few epochs before they
find more than what is popular.
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

LEAST_EPOCHS_OF_SHARES = 10
"""In a window of a rule by shares: early epochs are a large share of what there is, few joules."""

ONE_IN = 3
"""Of the validations so far, one in so many is in the window."""

_RULE = re.compile(
    r"gain\s*<\s*(?P<gain>(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(?P<percent>%?)\s*per\s*(?P<energy>.+)",
    re.IGNORECASE,
)
_SHARE = re.compile(r"(\d+(?:\.\d*)?)\s*%\s*")


@dataclass(frozen=True)
class StopRule:
    """The least gain that energy must bring."""

    rate: float
    """Gain per joule, or per as much energy again as the run had drawn before the window."""
    relative: bool
    """Whether the gain is a share of the best value so far, or in the metric's own unit."""
    by_share: bool = False
    """Whether energy is a share of what was drawn before, which is the same on any scale."""

    @classmethod
    def parse(cls, text: str) -> "StopRule":
        """Read `gain<0.15% per 10%`, `gain<0.001 per kJ` or `gain<0.5% per 2kJ`.

        Raises:
            InputError: It is no such rule, or its number is not positive.
        """
        try:
            return cls._of(text.strip())
        except ValueError as error:
            message = f"`{text}` is no stopping rule: {error}"
            hint = 'write --stop-when "gain<0.15% per 10%", or "gain<0.001 per kJ"'
            raise InputError(message, hint=hint) from None

    @classmethod
    def _of(cls, text: str) -> "StopRule":
        found = _RULE.fullmatch(text)
        gain = float(found["gain"]) if found else 0.0
        if found is None or not (gain > 0 and isfinite(gain)):
            raise ValueError("expected gain<NUMBER per 10%, or per kJ")
        energy, relative = found["energy"], bool(found["percent"])
        by_share = energy.rstrip().endswith("%")
        unit = _share(energy) if by_share else _joules(energy)
        return cls(gain / (100 if relative else 1) / unit, relative, by_share)


def _share(text: str) -> float:
    found = _SHARE.fullmatch(text)
    if found is None or float(found[1]) == 0:
        raise ValueError(f"expected a share above 0%, not `{text}`")
    return float(found[1]) / 100


def _joules(text: str) -> float:
    # `per kJ` is `per 1 kJ`.
    return parse_energy(text if text[0] in "-.0123456789" else f"1 {text}")


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
        """Whether the last window has brought less than the rule asks for its energy."""
        window = self._window
        before, within = self.seen[:-window], self.seen[-window:]
        if not before:
            return False
        best = max(value for *_, value in before)
        gain = max(0.0, max(value for *_, value in within) - best)
        scale = best if self.rule.relative else 1.0
        earlier_j, spent_j = before[-1][1], within[-1][1] - before[-1][1]
        # Where nothing was drawn before, any energy is more than any share of it.
        unit = earlier_j if self.rule.by_share else 1.0
        return unit > 0 and gain < self.rule.rate * (spent_j / unit) * scale

    @property
    def _window(self) -> int:
        """Validations in the window; all of them, where there are too few yet."""
        size = max(LEAST_VALIDATIONS, len(self.seen) // ONE_IN)
        least = LEAST_EPOCHS_OF_SHARES if self.rule.by_share else LEAST_EPOCHS
        while size < len(self.seen) and self.seen[-1][0] - self.seen[-size - 1][0] < least:
            size += 1
        return size

    def state(self) -> dict[str, Tensor]:
        """Return what a checkpoint needs."""
        return {"gains": torch.tensor(self.seen, dtype=torch.float64).reshape(-1, 3)}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Continue from what `state` returned; from nothing, if it has no part of this."""
        rows = state["gains"].tolist() if "gains" in state else []
        self.seen = [(int(epoch), spent_j, value) for epoch, spent_j, value in rows]
