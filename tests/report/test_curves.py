"""A line of the page keeps its shape, its best and its end, however many validations it has."""

import itertools
import math

import pytest

from ecorec.analysis.configurations import configurations
from ecorec.report.curves import MOST_POINTS, curve
from tests.analysis.records import Plan, synthesise


def _of(n: int, best_at: int | None = None, absent_at: int | None = None):
    (record,) = synthesise([Plan("lightgcn", 32, 0.15, 40.0, epochs=n)]).records
    epochs = tuple(
        epoch.model_copy(update={
            "validation": 0.9 if epoch.epoch == best_at else 0.1 + epoch.epoch / 1e5,
            "train_j": None if epoch.epoch == absent_at else 0.25,
        })
        for epoch in record.epochs
    )  # fmt: skip
    (item,) = configurations([record.model_copy(update={"epochs": epochs})])
    return curve(item)


def test_few_validations_are_all_there() -> None:
    found = _of(MOST_POINTS)
    assert found["epochs"] == tuple(range(1, MOST_POINTS + 1))
    assert found["joules"][:3] == [0.25, 0.5, 0.75]
    assert found["method"] == "assumed"


def test_of_many_the_best_and_the_last_stay() -> None:
    found = _of(4000, best_at=3777)
    assert len(found["epochs"]) <= MOST_POINTS + 1
    assert {1, 3777, 4000} <= set(found["epochs"])
    assert found["values"][found["epochs"].index(3777)] == 0.9
    assert found["joules"] == [0.25 * epoch for epoch in found["epochs"]]
    # Evenly on a logarithmic axis: a factor of 4000 in 39 steps is 1.24 each.
    late = [e for e in found["epochs"] if e >= 20 and e != 3777]
    ratios = [b / a for a, b in itertools.pairwise(late)]
    assert max(ratios) < 4000 ** (1 / (MOST_POINTS - 2)) * 1.05
    assert math.prod(ratios) > 100


def test_without_joules_there_is_no_line() -> None:
    assert _of(30, absent_at=7) is None


def test_a_run_beside_other_work_has_no_line() -> None:
    plans = [
        Plan("lightgcn", 32, energy_j=400.0, seeds=(1,), foreign_share=0.3),
        Plan("lightgcn", 32, energy_j=40.0, seeds=(2,)),
        Plan("ngcf", 32, energy_j=40.0, foreign_share=0.3),
    ]
    lightgcn, ngcf = configurations(synthesise(plans).records)
    assert max(curve(lightgcn)["joules"]) == pytest.approx(0.7 * 40.0)
    assert curve(ngcf) is None
