"""Losses and scores stay what they were: uncleared gradients part from them at the second epoch."""

import json
from typing import Any

import pytest

from ecorec.models.catalogue import MODELS
from tests.golden.record import FILE, scores, trace

TRAINED = [name for name, entry in MODELS.items() if entry.kind == "trained"]
OTHERS = [name for name, entry in MODELS.items() if entry.kind != "trained"]


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    return json.loads(FILE.read_text())


@pytest.mark.parametrize("name", TRAINED)
def test_losses(name: str, recorded) -> None:
    assert trace(name) == pytest.approx(recorded[name], rel=1e-9)


@pytest.mark.parametrize("name", OTHERS)
def test_scores(name: str, recorded) -> None:
    # Models of the library compute in float32, the order of whose sums its threads decide.
    within = 1e-4 if MODELS[name].kind == "library" else 1e-9
    assert scores(name) == pytest.approx(recorded[name], rel=within, abs=within)
