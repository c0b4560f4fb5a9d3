"""What a person asks of the run to deploy, as typed and as checked."""

import re
from dataclasses import dataclass

from ecorec.analysis.words import metric_title
from ecorec.errors import InputError
from ecorec.units import format_energy, parse_energy

DEFAULT_WITHIN = 0.05
"""Share of the best quality that may be lost if no constraint is stated."""


@dataclass(frozen=True)
class Constraint:
    """What the run to deploy must fulfil; the cheapest that does is chosen.

    If only the energy is capped, the best on validation below the cap is chosen.
    """

    within: float | None = None
    """Share of the best validation that may be lost."""
    min_quality: float | None = None
    """Least validation."""
    max_energy_j: float | None = None
    """Most joules of a training run, central value."""

    @property
    def seeks_quality(self) -> bool:
        """Whether the best is wanted rather than the cheapest."""
        return self.within is None and self.min_quality is None

    def floor(self, best: float) -> float:
        """Return the least validation, given the best of all."""
        relative = -float("inf") if self.within is None else (1 - self.within) * best
        return max(relative, -float("inf") if self.min_quality is None else self.min_quality)

    def in_words(self, metric: str) -> str:
        """Return e.g. `within 5 % of the best validation NDCG@10`."""
        title, parts = metric_title(metric), []
        if self.within is not None:
            parts.append(f"within {100 * self.within:.3g} % of the best validation {title}")
        if self.min_quality is not None:
            parts.append(f"with a validation {title} of at least {_as_typed(self.min_quality)}")
        if self.max_energy_j is not None:
            parts.append(f"at {format_energy(self.max_energy_j)} at most")
        return " and ".join(parts)


def _as_typed(value: float) -> str:
    return f"{value:g}".removeprefix("0")


def constraint(
    within: str | None = None, min_quality: float | None = None, max_energy: str | None = None
) -> Constraint:
    """Return what was asked for; within 5 % of the best, if nothing was.

    Raises:
        InputError: A share, a quality or an energy cannot be read, or is out of range.
    """
    if min_quality is not None and not 0 < min_quality <= 1:
        message = f"--min-ndcg {min_quality:g} is no quality: metrics are above 0 and at most 1"
        raise InputError(message, hint="e.g. --min-ndcg 0.15")
    if within is None and min_quality is None and max_energy is None:
        return Constraint(within=DEFAULT_WITHIN)
    return Constraint(
        within=None if within is None else _share(within),
        min_quality=min_quality,
        max_energy_j=None if max_energy is None else _joules(max_energy),
    )


def _share(text: str) -> float:
    found = re.fullmatch(r"\s*(\d*\.?\d+)\s*(%?)\s*", text)
    value = float(found[1]) / (100 if found[2] else 1) if found else -1.0
    if not 0 <= value < 1:
        message = f"--within `{text}` is no share below 1"
        raise InputError(message, hint="write --within 5% or --within 0.05")
    return value


def _joules(text: str) -> float:
    try:
        return parse_energy(text)
    except ValueError as error:
        message = f"--max-energy `{text}` is no energy above zero with its unit: {error}"
        hint = "write e.g. --max-energy 50kJ (J, kJ, MJ, Wh, kWh)"
        raise InputError(message, hint=hint) from None
