"""Every benchmark can be started: what it imports from ecorec is still there."""

import runpy
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SCRIPTS = sorted((ROOT / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_benchmark_imports_what_it_needs(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Threads that wait are asked to sleep by some of them; that is their process's business.
    monkeypatch.setattr("ecorec.energy.waiting.wait_passively", lambda: None)
    monkeypatch.setattr(sys, "argv", [str(script)])
    runpy.run_path(str(script), run_name="imported")
