"""Files stay short enough to be read at once: what CONTRIBUTING says of their length."""

import pytest

from tests.conftest import ROOT

MOST_LINES = 200

TABLES = {
    "analysis/columns.py": "one row for each column of the table of runs",
    "models/catalogue.py": "one row for each model",
    "study/tuning/spaces.py": "one row for each setting that is searched",
}
"""Longer files, each one flat table -> what its rows are."""


def lines_of(name: str) -> int:
    return len((ROOT / "src" / "ecorec" / name).read_text().splitlines())


def test_files_hold_at_most_200_lines() -> None:
    package = ROOT / "src" / "ecorec"
    names = {path.relative_to(package).as_posix() for path in package.rglob("*.py")}
    assert len(names) > 300, "the sources were not found"
    long = {name: lines for name in names - TABLES.keys() if (lines := lines_of(name)) > MOST_LINES}
    assert not long, "hold two concepts, or are a flat table that TABLES should name"


@pytest.mark.parametrize("name", TABLES)
def test_tables_that_are_named_are_long(name: str) -> None:
    assert lines_of(name) > MOST_LINES, "is short: take it off the list"
