"""Grouping of records: what is one configuration, what is not, and what each is called."""

from dataclasses import replace

import pytest

from ecorec.analysis.configurations import configurations
from tests.analysis.records import Plan, synthesise


def test_seeds_and_repeats_are_one_configuration() -> None:
    records = synthesise([Plan("simgcl", 64, seeds=(1, 2, 3), repeats=2)]).records
    (found,) = configurations(records)
    assert found.label == "simgcl d=64"
    assert found.n_seeds == 3
    assert len(found.records) == 6


def test_energy_is_a_mean_over_measurements_with_their_relative_spread() -> None:
    plans = [Plan("simgcl", 64, energy_j=joules, seeds=(seed,)) for seed, joules in
             ((1, 8.0), (2, 10.0), (3, 12.0))]  # fmt: skip
    (found,) = configurations(synthesise(plans).records)
    assert found.energy is not None
    mean_j = (8.0 * 10.0 * 12.0) ** (1 / 3)
    assert found.energy.mean_j == pytest.approx(mean_j)
    assert found.energy.low_j == pytest.approx(0.5 * mean_j)
    assert found.energy.high_j == pytest.approx(1.5 * mean_j)
    assert found.energy.interval_j is None
    assert found.energy.relative_spread == pytest.approx(0.2)
    assert found.energy.method == "assumed"


def test_a_repeat_that_was_measured_twice_counts_twice_in_ratios_as_well() -> None:
    """As in folders of versions that measured a run again for the sake of a shorter one."""
    plan = Plan("simgcl", 64, energy_j=8.0, seeds=(1, 2), repeats=2)
    records = synthesise([plan]).records
    again = synthesise([replace(plan, energy_j=10.0, repeats=1)]).records
    (found,) = configurations([*again, *records])
    assert found.energy.n_measurements == len(found.measured_j) == 6
    assert found.measured_j == {
        (1, 1): 10.0, (1, 2): 8.0, (1, 3): 8.0, (2, 1): 10.0, (2, 2): 8.0, (2, 3): 8.0,
    }  # fmt: skip


def test_five_measurements_have_an_interval() -> None:
    plans = [Plan("simgcl", 64, energy_j=joules, seeds=(seed,)) for seed, joules in
             enumerate((8.0, 9.0, 10.0, 11.0, 12.0), 1)]  # fmt: skip
    (found,) = configurations(synthesise(plans).records)
    assert found.energy is not None
    # scipy.stats.t.interval(.95, 4, mean(log), sem(log)), exponentiated
    assert found.energy.interval_j == pytest.approx((8.1129, 12.0778), abs=1e-4)


def test_the_repeats_of_a_seed_are_one_value_of_it() -> None:
    plans = [Plan("simgcl", 64, energy_j=joules, seeds=(seed,), repeats=3) for seed, joules in
             enumerate((8.0, 9.0, 10.0, 11.0, 12.0), 1)]  # fmt: skip
    records = synthesise(plans).records
    (found,) = configurations(records)
    assert found.energy is not None
    assert found.energy.interval_j == pytest.approx((8.1129, 12.0778), abs=1e-4)
    assert (found.energy.n_measurements, found.energy.n_independent) == (15, 5)
    assert found.energy.over == "seeds"
    (two,) = configurations(records[:6])
    assert two.energy is not None
    assert two.energy.interval_j is None
    assert two.energy.relative_spread == pytest.approx(0.5**0.5 / 8.5)
    # A seed that was measured more often than the other weighs no more.
    (uneven,) = configurations(records[:4])
    assert uneven.energy is not None
    assert uneven.energy.mean_j == pytest.approx(72.0**0.5)


def test_energy_beside_other_work_is_shown_but_does_not_count() -> None:
    plans = [
        Plan("simgcl", 64, energy_j=8.0, seeds=(1,)),
        Plan("simgcl", 64, energy_j=80.0, seeds=(2,), foreign_share=0.3),
        Plan("ngcf", 64, energy_j=5.0, foreign_share=0.06),
    ]
    simgcl, ngcf = configurations(synthesise(plans).records)
    assert simgcl.energy is not None
    assert (simgcl.energy.mean_j, simgcl.n_contaminated) == (8.0, 1)
    assert ngcf.energy is None
    assert ngcf.energy_beside_others is not None
    assert ngcf.energy_beside_others.mean_j == 5.0
    asked_for = configurations(synthesise(plans).records, with_contaminated=True)
    assert [item.energy.mean_j for item in asked_for if item.energy] == pytest.approx(
        [640.0**0.5, 5.0]
    )


def test_energy_is_none_when_one_measurement_has_none() -> None:
    plans = [Plan("simgcl", 64, energy_j=8.0), Plan("simgcl", 64, energy_j=None, seeds=(2,))]
    (found,) = configurations(synthesise(plans).records)
    assert found.energy is None


def test_machines_are_never_pooled_but_share_their_quality() -> None:
    plans = [Plan("simgcl", 64, energy_j=8.0), Plan("simgcl", 64, energy_j=80.0, machine="b-two")]
    found = configurations(synthesise(plans).records)
    assert [item.energy.mean_j for item in found if item.energy] == [8.0, 80.0]
    assert found[0].quality_key == found[1].quality_key
    assert [item.label for item in found] == [
        "simgcl d=64 machine=machin",
        "simgcl d=64 machine=b-two",
    ]


def test_label_names_any_setting_that_varies_and_none_that_does_not() -> None:
    plans = [
        Plan("simgcl", 64, settings={"data": {"k_core": 10}, "batch_size": size})
        for size in (2048, 8192)
    ]
    plans.append(Plan("lightgcn", 64, settings={"data": {"k_core": 10}, "batch_size": 2048}))
    found = configurations(synthesise(plans).records)
    assert [item.label for item in found] == [
        "simgcl d=64 batch_size=2048",
        "simgcl d=64 batch_size=8192",
        "lightgcn d=64",
    ]


def test_epochs_that_differ_are_configurations_of_their_own() -> None:
    plans = [Plan("simgcl", 64, epochs=10), Plan("simgcl", 64, epochs=30)]
    found = configurations(synthesise(plans).records)
    assert [item.label for item in found] == ["simgcl d=64 epochs=10", "simgcl d=64 epochs=30"]


def test_same_model_on_two_data_sets_keeps_its_short_name() -> None:
    plans = [Plan("simgcl", 64), Plan("simgcl", 64, dataset="ml-100k")]
    found = configurations(synthesise(plans).records)
    assert [item.label for item in found] == ["simgcl d=64", "simgcl d=64"]
