"""A budget of joules, grams or time, and what is left of it."""

from dataclasses import dataclass
from typing import Literal

from ecorec.energy.emissions import Intensity, emissions_g
from ecorec.energy.reading import Reading
from ecorec.errors import InputError
from ecorec.units import format_duration, format_energy, format_mass, joules_of, parse_amount

Quantity = Literal["energy", "emissions", "time"]

UNITS: dict[str, tuple[Quantity, float]] = {
    "g": ("emissions", 1.0),
    "kg": ("emissions", 1e3),
    "s": ("time", 1.0),
    "min": ("time", 60.0),
    "h": ("time", 3600.0),
}
"""Lower-case unit, of energy apart -> quantity, and how many grams or seconds it is."""


@dataclass(frozen=True)
class Budget:
    """The most that a study may take over all its sessions."""

    quantity: Quantity
    amount: float
    """Joules, grams of CO2-eq or seconds."""
    grid: Intensity | None = None
    """For grams."""
    pue: float = 1.0

    def of(self, reading: Reading) -> float:
        """Return how much of this budget a reading takes.

        Raises:
            InputError: No energy could be read, so that no budget can be kept.
        """
        if self.quantity == "time":
            return reading.duration_s
        if reading.energy_j is None:
            message = f"the energy of `{reading.name}` could not be read: no budget can be kept"
            raise InputError(message, hint="give the budget as a time, e.g. --budget 2h")
        if self.quantity == "energy":
            return reading.energy_j
        assert self.grid is not None
        return emissions_g(reading.energy_j, self.grid, self.pue)

    def knows(self, reading: Reading) -> bool:
        """Return whether a reading holds what this budget counts."""
        return self.quantity == "time" or reading.energy_j is not None

    def of_seconds(self, watts: float) -> float:
        """Return how much of this budget a second at so many watts takes."""
        if self.quantity == "time":
            return 1.0
        if self.quantity == "energy":
            return watts
        assert self.grid is not None
        return emissions_g(watts, self.grid, self.pue)

    def in_words(self, amount: float | None = None) -> str:
        """Return an amount as a person reads it; the whole budget if none is given."""
        value = self.amount if amount is None else amount
        form = {"energy": format_energy, "emissions": format_mass, "time": format_duration}
        return form[self.quantity](value) + (" CO2-eq" if self.quantity == "emissions" else "")


def parse_budget(text: str, grid: Intensity | None = None, pue: float = 1.0) -> Budget:
    """Read `200kJ`, `50g` or `2h`.

    Args:
        text: A number and a unit.
        grid: Where the electricity comes from; needed for grams.
        pue: Power usage effectiveness, for grams.

    Raises:
        InputError: It is not a positive number with a known unit, or is grams without a grid.
    """
    units = "J, kJ, MJ, Wh, kWh, g, kg, s, min, h"
    try:
        number, unit = parse_amount(text)
        quantity, size = UNITS.get(unit.lower()) or ("energy", joules_of(unit))
    except ValueError as error:
        message = f"`{text}` is no budget: {error}; expected a positive number and one of {units}"
        hint = "write --budget 200kJ, --budget 50g or --budget 2h"
        raise InputError(message, hint=hint) from None
    if quantity == "emissions" and grid is None:
        message = f"a budget of {text} needs to know where the electricity comes from"
        raise InputError(message, hint="add --country ITA or --intensity-g-per-kwh 300")
    return Budget(quantity, number * size, grid, pue)
