"""The benchmark's folder is a set of scripts: its modules are found by path."""

import sys

from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
