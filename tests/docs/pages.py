"""Every page of the repository that people read."""

import re
from pathlib import Path

from tests.conftest import ROOT

PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("studies/**/*.md"),
                 *ROOT.glob("benchmarks/**/*.md")]
    if "out" not in path.relative_to(ROOT).parts
)  # fmt: skip

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
INDENTED = re.compile(r"(?:^ {4}[^\n]*\n)+", re.M)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[str]:
    """Return the text of every fenced and indented block."""
    text = page.read_text(encoding="utf-8")
    fenced = [match[2] for match in FENCE.finditer(text)]
    return fenced + INDENTED.findall(FENCE.sub("", text))


def prose(page: Path) -> str:
    """Return the page without its blocks."""
    return INDENTED.sub("\n", FENCE.sub("", page.read_text(encoding="utf-8")))
