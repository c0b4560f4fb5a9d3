"""Fixtures that every layer's tests share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def external_data() -> Path:
    """Folder with data sets that may not be bundled; the test skips where there is none."""
    folder = Path(os.environ.get("ECOREC_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("needs data sets that may not be bundled: set ECOREC_DATA to their folder")
    return folder
