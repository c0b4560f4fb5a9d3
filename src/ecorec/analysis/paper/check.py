"""One claim of the paper, put to the test, and the cells that a test needs."""

from dataclasses import dataclass

from ecorec.analysis.paper.published import Cell, Published


@dataclass(frozen=True)
class Check:
    """One claim, put to the test."""

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
