"""Losses of eight epochs stay what they were: uncleared gradients part from them at the second."""

import json

import pytest

from ecorec.models.catalogue import MODELS
from tests.golden.record import FILE, trace

TRAINED = [name for name, entry in MODELS.items() if entry.kind == "trained"]


@pytest.mark.parametrize("name", TRAINED)
def test_trace(name: str) -> None:
    recorded = json.loads(FILE.read_text())
    assert trace(name) == pytest.approx(recorded[name], rel=1e-9)
