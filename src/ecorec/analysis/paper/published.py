"""Published figures as data: one row for each cell, with its place and how it was obtained.

The file holds only what could be copied from print or measured in a vector figure; a cell that is
missing from it is not known here.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

VERSION = 1
"""Raised whenever a cell changes; additions do not raise it."""

MODELS = ("ngcf", "lightgcn", "simgcl", "lightgcl")
"""The paper's four models."""

SIZES = (32, 64, 128, 256)
"""The paper's embedding sizes."""

DATASETS = {"ml-1m": "MovieLens-1M", "amazon-beauty": "Amazon Beauty", "dianping": "DianPing"}
"""Catalogue name -> the paper's name."""

TABLE_SIZE = 64
"""Embedding size of Table 2, which the paper does not state but Figure 1 shows."""

EPOCHS = 400
"""Epochs of every training of the paper."""

OBTAINED = ("printed", "digitised", "counted")


@dataclass(frozen=True)
class Cell:
    """One published number."""

    source: str
    """`paper` or `recbole-gnn`."""
    table: str
    """`table-1`, `table-2`, `figure-1`, or `board`."""
    dataset: str
    """Catalogue name, or `all`."""
    model: str
    """Catalogue name; `largest` or `all` for a statement about several; empty for a data set's
    count."""
    embedding_size: int | None
    quantity: str
    """E.g. `ndcg@10`, `emissions`, `users`."""
    value: float
    unit: str
    obtained: str
    """`printed`, `digitised`, or `counted` over printed cells."""
    where: str
    """Table or figure, row and column."""


class Published:
    """All published cells, looked up by table, data set, model, size and quantity.

    Args:
        cells: At most one for each source, table, data set, model, size and quantity.
    """

    def __init__(self, cells: Iterable[Cell]) -> None:
        self._cells = {_key(cell): cell for cell in cells}

    def __iter__(self) -> Iterator[Cell]:
        return iter(self._cells.values())

    def __len__(self) -> int:
        return len(self._cells)

    def of(self, table: str) -> list[Cell]:
        """Return the cells of a table or figure, in the order of the file."""
        return [cell for cell in self if cell.table == table]

    def find(
        self, table: str, dataset: str, model: str, size: int | None, quantity: str
    ) -> Cell | None:
        """Return a cell; `None` if it is not in the file."""
        return self._cells.get((table, dataset, model, size, quantity))

    def emissions_kg(self, dataset: str, model: str, size: int) -> float:
        """Return Figure 1's kilograms; the file has all of its cells."""
        return self._cells["figure-1", dataset, model, size, "emissions"].value


def _key(cell: Cell) -> tuple[str, str, str, int | None, str]:
    return cell.table, cell.dataset, cell.model, cell.embedding_size, cell.quantity


@cache
def published() -> Published:
    """Return the published figures that come with the program."""
    file = resources.files("ecorec.analysis") / "bundled" / "published.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    return Published(_cell(row) for row in csv.DictReader(lines))


def _cell(row: dict[str, str]) -> Cell:
    return Cell(
        source=row["source"],
        table=row["table"],
        dataset=row["dataset"],
        model=row["model"],
        embedding_size=int(row["embedding_size"]) if row["embedding_size"] else None,
        quantity=row["quantity"],
        value=float(row["value"]),
        unit=row["unit"],
        obtained=row["obtained"],
        where=row["where"],
    )
