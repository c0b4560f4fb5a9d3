"""Tests and files that a page names as its evidence are there."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.pages import PAGES, name_of

TEST = re.compile(r"`(tests/(?:\w+/)*test_\w+\.py|(?:\w+/)+test_\w+\.py)(?:::(test_\w+))?`")
"""A page names a test from the root, or from the folder of tests."""
FILE = re.compile(r"`((?:benchmarks|docs|src|studies|tests|tools)/[\w./-]+\.\w+)`")


def named(page: Path, kind: re.Pattern[str]) -> list[tuple[str, ...]]:
    return [match.groups() for match in kind.finditer(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", [p for p in PAGES if named(p, TEST)], ids=name_of)
def test_tests_exist(page: Path) -> None:
    missing = []
    for file, test in named(page, TEST):
        path = ROOT / "tests" / file.removeprefix("tests/")
        if not path.exists() or (test and f"def {test}(" not in path.read_text(encoding="utf-8")):
            missing.append((file, test))
    assert missing == []


@pytest.mark.parametrize("page", [p for p in PAGES if named(p, FILE)], ids=name_of)
def test_files_exist(page: Path) -> None:
    files = [file for (file,) in named(page, FILE) if "NAME" not in file]
    assert [file for file in files if not (ROOT / file).exists()] == []
