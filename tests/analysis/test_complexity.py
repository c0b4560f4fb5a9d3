"""Shares of the roof and joules of an epoch, on synthetic records."""

from dataclasses import replace

import pytest

from ecorec.analysis.decision.kernels_in_words import kernels_in_words
from ecorec.analysis.drivers.complexity import (
    KernelShare,
    epoch_joules,
    epoch_seconds,
    kernel_shares,
    roof_share,
)
from ecorec.analysis.rows import rows
from ecorec.analysis.study_analysis import analyse
from ecorec.energy.isolation import Isolation
from ecorec.report.complexity import complexity
from ecorec.report.limits import limits
from ecorec.report.methods import methods
from tests.analysis.records import Plan, calibration, synthesise


def one(plan: Plan):
    (record,) = synthesise([plan]).records
    return record


def test_a_share_is_the_least_time_over_the_epochs_median() -> None:
    record = one(Plan("lightgcn", 64))
    rates = calibration(record.machine)
    cost = record.cost
    # All rates are 10 G/s; an epoch took .1 s.
    work = cost.bytes_per_epoch + cost.dense_multiply_adds_per_epoch
    assert roof_share(record, [rates]) == pytest.approx(work / 1e10 / 0.1)
    slow = record.epochs[0].model_copy(update={"train_s": 9.0})
    disturbed = record.model_copy(update={"epochs": (slow, *record.epochs[1:])})
    assert roof_share(disturbed, [rates]) == roof_share(record, [rates])


def test_a_fit_in_closed_form_counts_as_one_epoch() -> None:
    record = one(Plan("itemknn", None, energy_j=10.0, seeds=(None,)))
    # Training is 70 % of 10 J, at 6 W on two CPUs.
    assert epoch_joules(record) == pytest.approx(7.0)
    assert epoch_seconds(record) == pytest.approx(7.0 / 6 / 2)


def test_without_fitting_rates_cost_or_cpu_the_share_is_absent() -> None:
    record = one(Plan("lightgcn", 64))
    rates = calibration(record.machine)
    assert roof_share(record, []) is None
    assert roof_share(record, [rates.model_copy(update={"threads": 1})]) is None
    rebooted = record.machine.model_copy(update={"boot_id": "another"})
    assert roof_share(record, [calibration(rebooted)]) is None
    assert roof_share(record.model_copy(update={"device": "cuda"}), [rates]) is None
    assert roof_share(record.model_copy(update={"cost": None}), [rates]) is None
    row = rows([record.model_copy(update={"cost": None})], None, 1.0, calibrations=[rates])
    assert row.select("multiply_adds_per_epoch", "cost_method", "roof_share", "roof_method").row(
        0
    ) == (None, "absent", None, "absent")


def test_the_newest_of_two_calibrations_counts() -> None:
    record = one(Plan("lightgcn", 64))
    old, new = calibration(record.machine), calibration(record.machine, rate=2e10)
    assert roof_share(record, [old, new]) == pytest.approx(roof_share(record, [old]) / 2)


def test_rates_from_a_busy_machine_serve_only_where_there_are_no_others(tmp_path) -> None:
    synthetic = synthesise([Plan("lightgcn", 64), Plan("simgcl", 64)])
    record = synthetic.records[0]
    beside = Isolation(foreign_share=0.3, steal_share=0.0, throttle_events=None)
    busy = calibration(record.machine, rate=1e9).model_copy(update={"isolation": beside})
    good = calibration(record.machine)
    assert roof_share(record, [good, busy]) == roof_share(record, [good])
    assert roof_share(record, [busy]) == pytest.approx(10 * roof_share(record, [good]))
    (method,) = rows([record], None, 1.0, calibrations=[busy])["roof_method"]
    assert method.endswith("measured beside other work: too high")
    study = synthetic.study(tmp_path / "s")
    info = study.info.model_copy(update={"calibrations": (busy,)})
    analysis = analyse(replace(study, info=info))
    assert any(text.startswith("Rates of the machine") for text in limits(analysis))


def test_joules_of_an_epoch_are_absent_where_one_was_not_read() -> None:
    assert epoch_joules(one(Plan("lightgcn", 64, energy_j=30.0))) == pytest.approx(0.7)
    assert epoch_joules(one(Plan("lightgcn", 64, energy_j=None))) is None


def test_kernels_that_differ_are_named_with_their_shares(tmp_path) -> None:
    plans = [
        Plan("popularity", None, 0.1, 1.0, seeds=(None,)),
        Plan("lightgcn", 64, 0.15, 12.0),
        Plan("simgcl", 64, 0.17, 90.0, kernel="edge-wise"),
    ]
    study = synthesise(plans).study(tmp_path / "s")
    analysis = analyse(study)
    (benchmark,) = analysis.benchmarks
    used = benchmark.verdict.findings.kernels
    assert [item.kernel for item in used] == ["fixed-width", "edge-wise"]
    assert kernels_in_words(used) in benchmark.verdict.text
    assert any(kernels_in_words(used) in text for text in limits(analysis))
    assert "the share of the roof is a model" in methods(analysis)
    rates = study.info.calibrations
    assert used[0].low == used[0].high == pytest.approx(roof_share(study.records[1], rates))


def test_one_kernel_needs_no_words(tmp_path) -> None:
    plans = [Plan("lightgcn", 64), Plan("simgcl", 64), Plan("itemknn", None, seeds=(None,))]
    analysis = analyse(synthesise(plans).study(tmp_path / "s"))
    assert "kernel" not in analysis.benchmarks[0].verdict.text
    assert not any("kernels differ" in text for text in limits(analysis))


def test_shares_in_words() -> None:
    used = (KernelShare("fixed-width", 0.314, 0.452), KernelShare("library", None, None),
            KernelShare("edge-wise", 0.0081, 0.0081))  # fmt: skip
    assert kernels_in_words(used).startswith(
        "kernels differ (fixed-width 31 % to 45 %, library, share not known and edge-wise 0.8 %;"
    )
    records = [[one(Plan("lightgcn", 64))]]
    assert kernel_shares(records, []) == (KernelShare("fixed-width", None, None),)


def test_the_pages_table_says_what_a_multiply_add_drew(tmp_path) -> None:
    plans = [Plan("lightgcn", 64, energy_j=30.0), Plan("simgcl", 64, 0.17, energy_j=None)]
    study = synthesise(plans).study(tmp_path / "s")
    analysis = analyse(study)
    simgcl, lightgcn = complexity(analysis.benchmarks[0], analysis.calibrations)
    cost = study.records[0].cost
    assert lightgcn["epoch"] == "700 mJ"
    assert lightgcn["each"] == f"{0.7 / cost.multiply_adds_per_epoch * 1e9:.3g} nJ"
    assert (lightgcn["method"], lightgcn["kernel"]) == ("assumed", "fixed-width")
    assert (simgcl["epoch"], simgcl["each"], simgcl["method"]) == ("absent", "", "absent")
