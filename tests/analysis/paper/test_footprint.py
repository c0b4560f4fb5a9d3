"""Joules carried to 400 epochs, by hand."""

import pytest

from ecorec.analysis.paper.footprint import footprint, preset_of
from ecorec.study.presets import PRESETS
from tests.analysis.paper.runs import run_record

# Of 10 J, 7 J are training (30 epochs) and 1.5 J validation (6 times, every fifth epoch).
WHOLE_J = 10 + 7 * (400 / 30 - 1) + 1.5 * (80 / 6 - 1)
JOULES_A_SECOND = 12
"""Of the synthetic machine, by the clock."""


def test_whole_call_by_the_sensors() -> None:
    record = run_record("recommended", "lightgcn")
    found = footprint(record, preset_of(record))
    assert found is not None
    assert found.energy_j == pytest.approx(WHOLE_J)
    assert (found.scope, found.extrapolated) == ("whole call", True)
    assert found.method == "assumed, extrapolated from 30 epochs"


def test_training_epochs_alone() -> None:
    found = footprint(run_record("recommended", "lightgcn"), PRESETS["as-described"])
    assert found is not None
    assert found.energy_j == pytest.approx(7 * 400 / 30)
    assert found.scope == "training epochs"


def test_constants_of_codecarbon_over_the_whole_call() -> None:
    found = footprint(run_record("recommended", "lightgcn"), PRESETS["as-run"], rated_w=100.0)
    assert found is not None
    watts = 50 + 3 / 8 * 400 / 1024
    assert found.duration_s == pytest.approx(WHOLE_J / JOULES_A_SECOND)
    assert found.energy_j == pytest.approx(watts * WHOLE_J / JOULES_A_SECOND)
    assert found.method.startswith("assumed: CodeCarbon 2.5.0's constants")


def test_400_epochs_are_taken_as_they_are() -> None:
    record = run_record("recommended", "lightgcn", epochs=400)
    found = footprint(record, preset_of(record))
    assert found is not None
    assert found.energy_j == pytest.approx(10.0)
    assert not found.extrapolated
    assert found.method == "assumed"


def test_what_patience_has_ended_is_whole() -> None:
    record = run_record("recommended", "lightgcn", epochs=60).model_copy(
        update={"max_epochs": 400, "ended_by": "patience"}
    )
    found = footprint(record, preset_of(record))
    assert found is not None
    assert found.energy_j == pytest.approx(10.0)
    assert (found.extrapolated, found.method) == (False, "assumed")


def test_four_validations_of_as_run_from_one() -> None:
    # Three epochs of as-run are validated once, at the end; 400 are four times.
    record = run_record("as-run", "lightgcn")
    first, second, third = record.epochs[:3]
    last = third.model_copy(update={"validation": 0.2})
    record = record.model_copy(update={"epochs": (first, second, last)})
    found = footprint(record, PRESETS["recommended"])
    assert found is not None
    assert found.energy_j == pytest.approx(10 + 7 * (400 / 3 - 1) + 1.5 * 3)


def test_absent_joules_stay_absent() -> None:
    record = run_record("recommended", "lightgcn", energy_j=None)
    assert footprint(record, preset_of(record)) is None


def test_kilograms() -> None:
    record = run_record("recommended", "lightgcn", energy_j=3.6e6, epochs=400)
    found = footprint(record, preset_of(record))
    assert found is not None
    assert found.emissions_kg(372.634) == pytest.approx(0.372634)
