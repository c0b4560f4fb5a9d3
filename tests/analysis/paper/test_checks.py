"""Each check of the paper turns around when the number that decides it is doctored."""

from dataclasses import replace

import pytest

from ecorec.analysis.paper.check import Check
from ecorec.analysis.paper.checks import run_checks
from ecorec.analysis.paper.published import Cell, Published, published
from tests.conftest import ROOT

Address = tuple[str, str, str, int | None, str]

DOCTORED: dict[str, tuple[Address, float]] = {
    "precision@10": (("table-2", "ml-1m", "largest", 64, "precision@10"), 0.1),
    "precision@100": (("table-2", "ml-1m", "largest", 64, "precision@100"), 0.0099),
    "recall=hit": (("table-2", "all", "all", 64, "recall below hit"), 0),
    "three-each ml-1m": (("table-1", "ml-1m", "", None, "interactions"), 18_119),
    "three-each amazon-beauty": (("table-1", "amazon-beauty", "", None, "users"), 674_356),
    "three-each dianping": (("table-1", "dianping", "", None, "users"), 1_474_158),
    "ml-1m users": (("table-1", "ml-1m", "", None, "users"), 6041),
    "ml-1m items": (("table-1", "ml-1m", "", None, "items"), 3706),
    "ml-1m interactions": (("table-1", "ml-1m", "", None, "interactions"), 1_000_209),
    "random split": (("table-2", "ml-1m", "largest", 64, "precision@10"), 0.1),
    "simgcl rank": (("table-2", "ml-1m", "simgcl", 64, "ndcg@10"), 0.27),
    "table=figure ml-1m lightgcn": (("table-2", "ml-1m", "lightgcn", 64, "emissions"), 0.22),
    "table=figure ml-1m ngcf": (("figure-1", "ml-1m", "ngcf", 64, "emissions"), 1.057),
    "table=figure amazon-beauty ngcf": (("table-2", "amazon-beauty", "ngcf", 64, "emissions"),
                                        10.1147),
    "table=figure dianping lightgcl": (("figure-1", "dianping", "lightgcl", 64, "emissions"),
                                       15.01),
    "table=figure dianping simgcl": (("figure-1", "dianping", "simgcl", 64, "emissions"), 21.24),
    "ngcf cheapest, table 2": (("table-2", "amazon-beauty", "ngcf", 64, "emissions"), 10.1147),
    "ngcf cheapest, figure 1": (("figure-1", "dianping", "ngcf", 64, "emissions"), 13.0),
    "lightgcn second": (("figure-1", "dianping", "lightgcn", 64, "emissions"), 16.0),
    "256 above 128, ngcf": (("figure-1", "ml-1m", "ngcf", 256, "emissions"), 0.129),
    "256 above 128, lightgcl": (("figure-1", "ml-1m", "lightgcl", 128, "emissions"), 0.11),
    "simgcl above lightgcn amazon-beauty": (("figure-1", "amazon-beauty", "simgcl", 32,
                                             "emissions"), 4.4),
    "simgcl above lightgcn dianping": (("figure-1", "dianping", "simgcl", 256, "emissions"), 40.0),
    "lightgcn grows": (("figure-1", "ml-1m", "lightgcn", 32, "emissions"), 0.13),
}  # fmt: skip

FAIL = {
    "precision@10", "precision@100", "recall=hit", "three-each amazon-beauty", "ml-1m items",
    "ml-1m interactions", "simgcl rank", "table=figure amazon-beauty ngcf",
    "table=figure dianping lightgcl", "table=figure dianping simgcl", "ngcf cheapest, figure 1",
    "lightgcn second", "256 above 128, ngcf", "256 above 128, lightgcl",
    "simgcl above lightgcn ml-1m", "simgcl above lightgcn dianping", "lightgcn grows",
    "one energy",
}  # fmt: skip


def with_value(changes: dict[Address, float]) -> Published:
    cells = []
    for cell in published():
        at = (cell.table, cell.dataset, cell.model, cell.embedding_size, cell.quantity)
        cells.append(replace(cell, value=changes.pop(at)) if at in changes else cell)
    assert not changes
    return Published(cells)


def found(data: Published) -> dict[str, Check]:
    checks = run_checks(data)
    assert len({check.name for check in checks}) == len(checks)
    return {check.name: check for check in checks}


def test_what_holds_and_what_does_not() -> None:
    assert {name for name, check in found(published()).items() if not check.holds} == FAIL


@pytest.mark.parametrize("name", DOCTORED)
def test_a_doctored_value_turns_the_check(name: str) -> None:
    address, value = DOCTORED[name]
    doctored = with_value({address: float(value)})
    before, after = found(published())[name], found(doctored)[name]
    assert after.holds != before.holds
    assert after.arithmetic != before.arithmetic


def test_simgcl_must_be_above_at_every_size() -> None:
    address = ("figure-1", "ml-1m", "simgcl", 32, "emissions")
    one = with_value({address: 0.24})
    name = "simgcl above lightgcn ml-1m"
    assert not found(one)[name].holds
    assert "at 32" not in found(one)[name].arithmetic
    other = ("figure-1", "ml-1m", "simgcl", 64, "emissions")
    assert found(with_value({address: 0.24, other: 0.22}))[name].holds


def test_an_energy_is_known_once_its_factor_is_stated() -> None:
    stated = Cell(
        "paper", "table-2", "all", "all", None, "intensity", 372.6, "g/kWh", "printed", "Table 2"
    )
    assert found(Published([*published(), stated]))["one energy"].holds


def test_every_check_has_been_doctored() -> None:
    others = {"simgcl above lightgcn ml-1m", "one energy"}
    assert set(found(published())) == set(DOCTORED) | others


def test_the_page_has_every_check_on_its_side() -> None:
    page = (ROOT / "docs" / "explanation" / "paper.md").read_text(encoding="utf-8")
    fails, rest = page.split("## What holds\n")
    for check in run_checks(published()):
        row = f"| {check.claim} | {check.arithmetic} |"
        assert row in (rest if check.holds else fails)


def test_the_arithmetic_is_in_words() -> None:
    checks = found(published())
    assert checks["precision@10"].arithmetic == (
        "largest on MovieLens-1M 0.2094 > 1/10 = 0.1: 2.09 hits among 10 for the average user, "
        "who has one test item"
    )
    assert "1,210,271 users x 3 = 3,630,813 > 2,023,070" in (
        checks["three-each amazon-beauty"].arithmetic
    )
    assert "0.11 times" in checks["table=figure amazon-beauty ngcf"].arithmetic
    assert checks["lightgcn grows"].arithmetic.endswith("-45 %")
    assert "0.284 kWh" in checks["one energy"].arithmetic
