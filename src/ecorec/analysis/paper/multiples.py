"""Emissions as multiples of one model's at one size, which depend on no place or factor.

Ours are of joules by the runs' own sensors. The accounting of the paper's tool bills seconds on the
wall where it finds no counter, so that its multiples would tell what else the machine did.
"""

from collections.abc import Mapping, Sequence
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
    """With its 95 % interval from five seeds on, or repeats of a single one; `None` without both
    runs."""


def multiples(rows: Sequence[Beside]) -> list[Multiple | None]:
    """Return for each row its multiple; `None` where it is no emission of Figure 1.

    Ours compares runs of the same preset and number of epochs on the same machine, under the same
    conditions.

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
        (one for one in of_data if (one.preset, one.epochs, one.measured_under) == alike), None
    )
    published = row.cell.value / of_data[0].cell.value
    if own is None or not (row.joules_by_run and own.joules_by_run):
        return Multiple(published, None)
    return Multiple(published, ratio(row.joules_by_run, own.joules_by_run))


def _as_reference(row: Beside) -> Mapping[str, str]:
    where = row.measured_under
    # In the paper's code, LightGCL uses torch's product and the others pass single messages.
    if row.cell.model == "lightgcl" and where.get("users_per_call") == "1":
        return {**where, "kernel": where["kernel"].replace("library", "edge-wise")}
    return where
