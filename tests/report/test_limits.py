"""A limit is stated where it holds, and only there."""

from dataclasses import replace
from pathlib import Path

import pytest

from ecorec.analysis.decision.sensitivity import sensitivity
from ecorec.analysis.decision.trade_off import trade_off
from ecorec.analysis.spent import Prices, find_currency
from ecorec.analysis.study_analysis import StudyAnalysis, analyse
from ecorec.energy.idle import ABSENT, NOT_ASKED, IdleBaseline, IdlePower
from ecorec.report.limits import limits
from tests.analysis.records import Plan, Synthetic, synthesise
from tests.energy.test_reading import PACKAGE

PLANS = [Plan("itemknn", None, 0.16, 2.0, seeds=(None,)), Plan("simgcl", 64, 0.17, 20.0)]
BASELINE = IdleBaseline(
    machine_id="machine-a", boot_id="boot", measured_at="2026-11-24T03:00:00+00:00",
    duration_s=0.0, n_windows=0, powers=(),
)  # fmt: skip
POWER = IdlePower(
    component="cpu", sensor=PACKAGE.sensor, method="counter", power_w=1.0, standard_error_w=0.0
)


def analysed(path: Path, *idle: IdleBaseline, machine: bool) -> StudyAnalysis:
    """Return a study whose machine has a counter, or has none."""
    made = synthesise(PLANS)
    records = []
    for record in made.records:
        parts = (*record.total.components, *([PACKAGE] if machine else []))
        total = record.total.model_copy(update={"components": parts})
        records.append(record.model_copy(update={"total": total}))
    study = Synthetic(records, made.frames).study(path)
    return analyse(replace(study, info=study.info.model_copy(update={"idle": idle})))


def of_idle(analysis: StudyAnalysis) -> list[str]:
    return [text for text in limits(analysis) if text.startswith("Idle energy")]


def absent_variant(analysis: StudyAnalysis) -> str:
    (benchmark,) = analysis.benchmarks
    found = trade_off(benchmark, find_currency("energy"), Prices())
    return sensitivity(found, benchmark, Prices())[-1].absent


def because(reason: str) -> IdleBaseline:
    return BASELINE.model_copy(update={"reason": reason})


def test_without_a_counter_the_process_is_ranked(tmp_path: Path) -> None:
    analysis = analysed(tmp_path / "s", because(ABSENT), machine=False)
    assert of_idle(analysis) == [
        "Idle energy is absent: no counter or meter of the machine, so only the energy of the "
        "process is ranked, neither the machine's total nor its dynamic part."
    ]
    assert absent_variant(analysis) == f"idle energy is absent, {ABSENT}"


@pytest.mark.parametrize(
    ("idle", "reason"),
    [
        ((because(NOT_ASKED),), NOT_ASKED),
        ((), "its power was not measured on the machine and boot of a run"),
        # A machine that has no counter says nothing of the one that was read.
        (
            (because(ABSENT).model_copy(update={"machine_id": "b"}), because("it was lost")),
            "it was lost",
        ),
    ],
)
def test_with_a_counter_the_machines_total_is_ranked(tmp_path: Path, idle, reason: str) -> None:
    analysis = analysed(tmp_path / "s", *idle, machine=True)
    assert of_idle(analysis) == [
        f"Idle energy is absent: {reason}, so the machine's total is ranked, and its dynamic part "
        "is not known."
    ]
    assert absent_variant(analysis) == f"idle energy is absent, {reason}"


def test_where_idle_power_is_known_nothing_is_said(tmp_path: Path) -> None:
    known = BASELINE.model_copy(update={"powers": (POWER,)})
    analysis = analysed(tmp_path / "s", known, machine=True)
    assert of_idle(analysis) == []
    assert absent_variant(analysis) == ""


def test_runs_that_are_not_told_from_idle_are_counted(tmp_path: Path) -> None:
    power = POWER.model_copy(update={"power_w": 1e6})
    analysis = analysed(
        tmp_path / "s", BASELINE.model_copy(update={"powers": (power,)}), machine=True
    )
    n = len(analysis.study.records)
    lost = f"{n} of {n} runs drew no more than the idle machine"
    assert f"{lost}: their dynamic energy is absent (not told from idle)." in limits(analysis)
    assert absent_variant(analysis) == f"dynamic energy is absent, {lost}"


def test_idle_power_of_a_machine_whose_total_was_not_read_is_not_enough(tmp_path: Path) -> None:
    known = BASELINE.model_copy(update={"powers": (POWER,)})
    (said,) = of_idle(analysed(tmp_path / "s", known, machine=False))
    assert "only the energy of the process is ranked" in said


def test_one_split_is_said_of_one_split_only(tmp_path: Path) -> None:
    words = "One split a data set: another split may order close models differently."
    assert words in limits(analyse(synthesise(PLANS).study(tmp_path / "one")))
    two_sets = [*PLANS, Plan("simgcl", 64, dataset="ml-100k")]
    assert words in limits(analyse(synthesise(two_sets).study(tmp_path / "sets")))
    other = Plan("simgcl", 64, 0.17, settings={"split": {"protocol": "leave-one-out"}})
    analysis = analyse(synthesise([*PLANS, other]).study(tmp_path / "two"))
    assert len(analysis.benchmarks) == 2
    assert words not in limits(analysis)
