"""Emissions as multiples of one model's at one size, which depend on no place or factor."""

from collections.abc import Sequence
from dataclasses import dataclass

from ecorec.analysis.paper.row import Beside
from ecorec.analysis.statistics.energy_statistics import Ratio, ratio

REFERENCE = ("lightgcn", 64)
"""Model and size whose emissions on the same data are the unit."""


@dataclass(frozen=True)
class Multiple:
    """A published multiple, and ours."""

    published: float
    ours: Ratio | None
    """With its 95 % interval from five measurements on; `None` without both runs."""


def multiples(rows: Sequence[Beside]) -> list[Multiple | None]:
    """Return for each row its multiple; `None` where it is no emission of Figure 1.

    Ours compares runs of the same preset and number of epochs under the same conditions.

    Args:
        rows: What `beside` returns.
    """
    figure = [row for row in rows if row.cell.table == "figure-1"]
    references = [row for row in figure if (row.cell.model, row.cell.embedding_size) == REFERENCE]
    return [_multiple(row, references) if row in figure else None for row in rows]


def _multiple(row: Beside, references: Sequence[Beside]) -> Multiple:
    of_data = [other for other in references if other.cell.dataset == row.cell.dataset]
    alike = (row.preset, row.epochs, _as_reference(row))
    own = next(
        (other for other in of_data if (other.preset, other.epochs, other.conditions) == alike),
        None,
    )
    published = row.cell.value / of_data[0].cell.value
    return Multiple(published, ratio(row.by_run, own.by_run) if own is not None else None)


def _as_reference(row: Beside) -> str:
    # In the paper's code, LightGCL uses torch's product and the others pass single messages.
    if row.cell.model == "lightgcl" and row.conditions.startswith("library, "):
        return row.conditions.replace("library", "edge-wise", 1)
    return row.conditions
