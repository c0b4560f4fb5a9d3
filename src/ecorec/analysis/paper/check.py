"""The result of checking one claim, and how a check finds the cells that it needs."""

from dataclasses import dataclass

from ecorec.analysis.paper.published import Cell, Published


@dataclass(frozen=True)
class Check:
    """One claim and what checking it found."""

    name: str
    claim: str
    """What is claimed, or what the claimed protocol implies."""
    holds: bool
    arithmetic: str
    """The numbers that decide it, in words."""
    source: str
    """Where they stand."""


def needed(
    data: Published, table: str, dataset: str, model: str, size: int | None, quantity: str
) -> Cell:
    """Return a cell that a check cannot do without.

    Raises:
        KeyError: The file of published figures lacks it.
    """
    cell = data.find(table, dataset, model, size, quantity)
    if cell is None:
        message = f"{table} holds no {quantity} of {model or dataset}"
        raise KeyError(message)
    return cell
