"""The published figures: every cell says where it stands, and none stands twice."""

import csv
from collections import Counter
from importlib import resources

import pytest

from ecorec.analysis.paper.published import (
    DATASETS,
    MODELS,
    OBTAINED,
    SIZES,
    Published,
    published,
)
from ecorec.data.catalogue import CATALOGUE
from ecorec.models.catalogue import MODELS as CATALOGUE_OF_MODELS

TABLES = {"table-1": "Table 1", "table-2": "Table 2", "figure-1": "Figure 1",
          "board": "results/general/ml-1m.md"}  # fmt: skip


@pytest.fixture(scope="module")
def data() -> Published:
    return published()


def test_every_cell_says_where_it_stands_and_how_it_was_obtained(data: Published) -> None:
    for cell in data:
        assert cell.where.startswith(TABLES[cell.table]), cell
        assert cell.obtained in OBTAINED, cell
        assert cell.source == ("recbole-gnn" if cell.table == "board" else "paper"), cell
        assert cell.unit == {"emissions": "kg CO2-eq"}.get(cell.quantity, cell.unit)
        assert cell.value > 0


def test_only_the_figure_is_digitised(data: Published) -> None:
    assert {cell.table for cell in data if cell.obtained == "digitised"} == {"figure-1"}
    assert {cell.obtained for cell in data.of("figure-1")} == {"digitised"}


def test_no_cell_stands_twice(data: Published) -> None:
    file = resources.files("ecorec.analysis") / "bundled" / "published.csv"
    rows = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))[1:]
    assert len(rows) == len(data)
    assert max(Counter(cell.where for cell in data.of("figure-1")).values()) == 1


def test_what_each_table_holds(data: Published) -> None:
    assert {cell.dataset for cell in data.of("table-1")} == set(DATASETS)
    figure = {(cell.dataset, cell.model, cell.embedding_size) for cell in data.of("figure-1")}
    assert figure == {(d, m, s) for d in DATASETS for m in MODELS for s in SIZES}
    board = Counter(cell.model for cell in data.of("board"))
    assert board.pop("") == 3
    assert set(board.values()) == {5}
    assert len(board) == 7
    assert set(board) <= set(CATALOGUE_OF_MODELS)


def test_table_1_is_what_the_catalogue_of_data_says(data: Published) -> None:
    for name in DATASETS:
        counts = {c.quantity: c.value for c in data.of("table-1") if c.dataset == name}
        known = CATALOGUE[name].published
        assert known is not None
        assert counts == {
            "users": known.n_users,
            "items": known.n_items,
            "interactions": known.n_interactions,
        }


@pytest.mark.parametrize(
    ("table", "dataset", "model", "size", "quantity", "value"),
    [
        ("table-2", "ml-1m", "lightgcn", 64, "ndcg@10", 0.2681),
        ("table-2", "ml-1m", "simgcl", 64, "ndcg@10", 0.1490),
        ("table-2", "amazon-beauty", "ngcf", 64, "emissions", 1.1147),
        ("figure-1", "amazon-beauty", "ngcf", 64, "emissions", 10.115),
        ("figure-1", "ml-1m", "simgcl", 256, "emissions", 0.7496),
        ("figure-1", "dianping", "lightgcl", 32, "emissions", 15.71),
        ("board", "ml-1m", "xsimgcl", 64, "ndcg@10", 0.2750),
    ],
)
def test_cells_that_everything_hangs_on(
    data: Published, table: str, dataset: str, model: str, size: int, quantity: str, value: float
) -> None:
    cell = data.find(table, dataset, model, size, quantity)
    assert cell is not None
    assert cell.value == value


def test_what_is_not_held_is_not_made_up(data: Published) -> None:
    assert data.find("table-2", "dianping", "ngcf", 64, "ndcg@10") is None
    assert data.find("table-2", "ml-1m", "lightgcn", 32, "ndcg@10") is None
