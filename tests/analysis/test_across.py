"""Studies side by side: known ratios are found, what is not comparable is refused by name."""

from pathlib import Path

import numpy as np
import pytest

from ecorec.analysis.elsewhere.across import Across, across
from ecorec.analysis.elsewhere.foreign import read_codecarbon
from ecorec.errors import InputError
from ecorec.report.compared import compared
from ecorec.report.exports.codecarbon import codecarbon_csv
from ecorec.report.exports.selected import select
from tests.analysis.records import Plan, Synthetic, synthesise
from tests.cli.invoke import ecorec

KNN = Plan("itemknn", None, 0.16, 2.0, seeds=(None,))
GCN = Plan("lightgcn", 64, 0.17, 20.0)


def held(path: Path, first: list[Plan], second: list[Plan], change=None, **words) -> Across:
    a, b = synthesise(first), synthesise(second)
    if change is not None:
        b = Synthetic([change(record) for record in b.records], b.frames)
    return across(a.study(path / "a"), b.study(path / "b"), **words)


def on(plan: Plan, machine: str, energy_j: float, **words) -> Plan:
    values = {**plan.__dict__, "machine": machine, "energy_j": energy_j, **words}
    return Plan(**values)


def test_fixed_work_is_a_ratio_with_the_watts_of_each_machine(tmp_path: Path) -> None:
    found = held(tmp_path, [KNN, GCN], [on(KNN, "b", 3.0), on(GCN, "b", 50.0)])
    knn, gcn = found.benchmarks[0].pairs
    assert (knn.label, knn.energy.value, knn.seconds) == ("itemknn", pytest.approx(1.5), 1.5)
    assert gcn.energy.value == pytest.approx(2.5)
    # Half to one and a half of each, apart: 25 / 30 to 75 / 10.
    assert gcn.watts == pytest.approx((25 / 30, 7.5))
    assert gcn.energy.low is None  # one run each tells no interval
    assert gcn.differs == ("two machines (AMD EPYC)",)


def test_on_one_machine_watts_are_alike(tmp_path: Path) -> None:
    found = held(tmp_path, [GCN], [on(GCN, "machine-a", 22.0)])
    (pair,) = found.benchmarks[0].pairs
    assert (pair.watts, pair.differs) == (None, ())


def test_runs_of_two_studies_are_no_pairs(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    scatter = np.exp(rng.normal(0, 0.2, 6))

    def scattered(plan: Plan, factor: float) -> Synthetic:
        made = synthesise([on(plan, "machine-a", 20.0, repeats=6)])
        records = []
        for record, times in zip(made.records, scatter, strict=True):
            parts = [
                c.model_copy(update={
                    end: getattr(c, end) * times * factor for end in ("energy_j", "low_j", "high_j")
                    if getattr(c, end) is not None
                })
                for c in record.total.components
            ]  # fmt: skip
            total = record.total.model_copy(update={"components": tuple(parts)})
            records.append(record.model_copy(update={"total": total}))
        return Synthetic(records, made.frames)

    a, b = scattered(GCN, 1.0), scattered(GCN, 1.1)
    (pair,) = across(a.study(tmp_path / "a"), b.study(tmp_path / "b")).benchmarks[0].pairs
    # Paired, the ratio would be exactly 1.1 in every pair, and its interval a point.
    assert pair.energy.value == pytest.approx(1.1)
    assert pair.energy.low < 1 < pair.energy.high
    assert not pair.energy.paired


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c: {"scope": "machine", "component": "machine"}, "joules are of the process and of "
         "the machine"),
        (lambda c: {"method": "counter"}, "joules are assumed and counter"),
    ],
)  # fmt: skip
def test_other_joules_are_refused(tmp_path: Path, change, reason: str) -> None:
    def other(record):
        parts = [
            c.model_copy(update=change(c)) if c.energy_j is not None else c
            for c in record.total.components
        ]
        total = record.total.model_copy(update={"components": tuple(parts)})
        return record.model_copy(update={"total": total})

    (pair,) = held(tmp_path, [GCN], [GCN], other).benchmarks[0].pairs
    assert (pair.energy, pair.refused) == (None, reason)
    assert pair.seconds == pytest.approx(1.0)


def test_beside_other_work_and_without_energy(tmp_path: Path) -> None:
    first = [KNN, GCN, Plan("simgcl", 64, 0.18, None)]
    second = [KNN, on(GCN, "machine-a", 20.0, foreign_share=0.3), first[2]]
    knn, gcn, simgcl = held(tmp_path, first, second).benchmarks[0].pairs
    assert knn.refused == ""
    assert gcn.refused == "one ran beside other work"
    assert gcn.seconds is None
    assert simgcl.refused == "energy was not read in both"


def test_other_settings_are_other_work(tmp_path: Path) -> None:
    slow = Plan("lightgcn", 64, 0.17, 20.0, settings={"training": {"learning_rate": 0.1}})
    fast = Plan("lightgcn", 64, 0.17, 20.0, settings={"training": {"learning_rate": 0.2}})
    found = held(tmp_path, [KNN, slow], [KNN, fast, Plan("ngcf", 8)])
    reasons = dict(found.benchmarks[0].alone[1:])
    assert found.benchmarks[0].alone[0][1] == "only in the first study with learning_rate=0.1"
    assert reasons["lightgcn d=64"] == "only in the second study with learning_rate=0.2"
    assert reasons["ngcf d=8"] == "only in the second study"


def test_the_same_seed_with_another_quality_is_said(tmp_path: Path) -> None:
    def better(record):
        return record.model_copy(update={"metrics": record.metrics | {"ndcg@10": 0.5}})

    (pair,) = held(tmp_path, [GCN], [GCN], better).benchmarks[0].pairs
    assert "the same seed, another quality" in pair.differs


def test_other_data_are_refused(tmp_path: Path) -> None:
    other = Plan("itemknn", None, 0.16, 2.0, seeds=(None,), dataset="ml-100k")
    with pytest.raises(InputError, match="have no data and split in common") as error:
        held(tmp_path, [KNN], [other])
    assert "movietweetings (44,613 interactions" in error.value.hint
    assert "only in the first study; ml-100k" in error.value.hint
    found = held(tmp_path / "b", [KNN, other], [KNN])
    assert [text[:7] for text in found.unshared] == ["ml-100k"]


def test_fixed_quality_is_the_cheapest_way_of_each(tmp_path: Path) -> None:
    first = [KNN, GCN]
    second = [Plan("simgcl", 64, 0.18, 40.0, machine="b"), on(GCN, "b", 10.0)]
    found = held(tmp_path, first, second).benchmarks[0].quality
    # The lower of both bests is LightGCN's, by the tested epoch.
    assert found.target == pytest.approx(0.17 * (1 - 0.8**27))
    assert found.first.configuration.label == "lightgcn d=64"
    assert found.second.configuration.label == "lightgcn d=64"
    assert found.second.energy_j[1] == pytest.approx(found.first.energy_j[1] / 2)
    low = held(tmp_path / "b", first, second, target=0.15).benchmarks[0].quality
    assert low.first.configuration.label == "itemknn"
    assert low.first.energy_j[1] == pytest.approx(0.95 * 2.0)
    none = held(tmp_path / "c", first, second, target=0.175).benchmarks[0].quality
    assert none.first is None
    assert none.second.configuration.label == "simgcl d=64"


def test_as_it_is_printed(tmp_path: Path) -> None:
    text = compared(held(tmp_path, [KNN, GCN], [on(KNN, "b", 3.0), on(GCN, "b", 50.0)]))
    rows = {line.split()[0]: " ".join(line.split()) for line in text.splitlines() if line}
    assert rows["itemknn"] == "itemknn 2 J 3 J assumed 1.50 (0.50-4.50) 1.50"
    assert "All differ in two machines (AMD EPYC)" in text
    assert "B takes 2.5 times the central energy of A." in " ".join(text.split())


def test_a_foreign_file_is_shown_and_not_compared(tmp_path: Path) -> None:
    study = synthesise([GCN]).study(tmp_path / "a")
    file = tmp_path / "emissions.csv"
    file.write_text(codecarbon_csv(select(study.path)).replace(",1.0,\n", ",2.0,\n"))
    (row,) = read_codecarbon(file)
    # What was written is the building's; a PUE of 2 makes the machine's half of it.
    assert row.energy_j == pytest.approx(10.0)
    assert row.emissions_g is None
    found = ecorec("compare", str(study.path), str(file))
    assert found.returncode == 0
    assert "10 J  foreign" in found.stdout
    assert "neither compared nor ranked" in found.stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "is no emissions.csv of CodeCarbon: it has no `duration`"),
        ("duration,energy_consumed\n1,much\n", "line 2: energy_consumed `much` is no number"),
        ("duration,energy_consumed\n1,-2\n", "line 2: energy_consumed `-2` is no number of zero"),
        ("duration,energy_consumed\n1,\n", "line 2: no energy or no duration"),
        ("", "cannot be read as CSV"),
    ],
)
def test_a_foreign_file_that_is_none(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "emissions.csv"
    file.write_text(text)
    with pytest.raises(InputError) as error:
        read_codecarbon(file)
    assert message in error.value.message


def test_one_study_alone(tmp_path: Path) -> None:
    study = synthesise([GCN]).study(tmp_path / "a")
    found = ecorec("compare", str(study.path))
    assert found.returncode == 2
    assert "there is nothing to hold it against" in found.stderr


def test_one_reason_for_all_is_said_once_and_may_be_overruled(tmp_path: Path) -> None:
    plans = [on(KNN, "machine-a", 2.0, foreign_share=0.3), on(GCN, "machine-a", 20.0,
             foreign_share=0.3)]  # fmt: skip
    text = compared(held(tmp_path, plans, plans))
    assert text.count("both ran beside other work") == 1
    assert "All refused: both ran beside other work (--with-contaminated compares them" in text
    assert "A none, for all ran beside other work; B none" in " ".join(text.split())
    found = held(tmp_path / "b", plans, plans, with_contaminated=True)
    assert [pair.energy.value for pair in found.benchmarks[0].pairs] == pytest.approx([1.0, 1.0])


def test_the_fixed_quality_is_one_that_every_seed_reaches(tmp_path: Path) -> None:
    made = synthesise([KNN, Plan("lightgcn", 64, 0.17, 20.0, seeds=(1, 2), foreign_share=0.3)])
    worse = [
        epoch.model_copy(update={"validation": epoch.validation and 0.9 * epoch.validation})
        for epoch in made.records[2].epochs
    ]
    made.records[2] = made.records[2].model_copy(update={"epochs": tuple(worse)})
    folders = [made.study(tmp_path / name) for name in "ab"]
    found = across(*folders, with_contaminated=True)
    quality = found.benchmarks[0].quality
    # The better seed's 0.17 is no quality that the configuration can be relied upon to reach.
    assert quality.target == pytest.approx(0.16)
    beyond = across(*folders, target=0.165, with_contaminated=True)
    assert "A none that reaches it in every run" in compared(beyond)
    low = across(*folders, target=0.15, with_contaminated=True).benchmarks[0].quality
    assert (low.first.configuration.label, low.lacking) == ("itemknn", ("", ""))
