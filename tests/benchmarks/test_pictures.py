"""Pictures of benchmarks: every row of the results that they are drawn from is read."""

import runpy
import sys

from tests.conftest import ROOT


def test_every_policy_of_the_table_is_in_the_picture() -> None:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        pictures = runpy.run_path(str(ROOT / "benchmarks" / "pictures.py"))
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))
    text = (ROOT / "benchmarks" / "results" / "green-stopping.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith(("| lightgcn", "| simgcl"))]
    found = pictures["ROW"].findall(text)
    assert len(found) == len(rows) > 100
    kinds = {policy.strip().split()[0].split("<")[0].rstrip(":") for _, policy, *_ in found}
    assert kinds == {"never", "patience", "gain", "hindsight"}
