import re
from dataclasses import replace
from pathlib import Path

import pytest

from ecorec.analysis.configurations import configurations
from ecorec.analysis.deployed.alike import asked
from ecorec.analysis.deployed.amounts import Amount
from ecorec.analysis.deployed.break_even import break_even
from ecorec.analysis.deployed.deployment import Deployed, deployed
from ecorec.analysis.deployed.life_cycle import Operation
from ecorec.analysis.deployed.pair import pair
from ecorec.analysis.deployed.served import of_record
from ecorec.analysis.deployed.system_amounts import training_amount
from ecorec.energy.embodied import EmbodiedSettings
from ecorec.errors import EcorecError, InputError, StudyError
from ecorec.report.break_even import Question, answer
from ecorec.study.record import RunRecord
from ecorec.study.tuning.summary import Tuned, TuningSummary
from tests.analysis.records import Plan, reading, synthesise
from tests.analysis.serving_records import serving_record, store


@pytest.fixture
def runs(tmp_path: Path) -> dict[str, RunRecord]:
    plans = [Plan("lightgcn", 64, energy_j=300.0, repeats=5), Plan("ngcf", 64, energy_j=200.0)]
    found = synthesise(plans)
    found.study(tmp_path / "study")
    return {record.model: record for record in found.records}


def of(tmp_path: Path, run: RunRecord, **more) -> Deployed:
    return deployed(tmp_path / "study" / "runs" / run.run_id, **more)


def test_a_run_under_load_is_a_system(tmp_path: Path, runs: dict[str, RunRecord]) -> None:
    store(tmp_path / "study", runs["lightgcn"], joules_per_1000=4.0, build_j=2.0)
    found = of(tmp_path, runs["lightgcn"])
    assert found.system.label == "lightgcn d=64 (exact)"
    # Five repeats of the training, each with the index; six slices of one window.
    assert found.system.training.values_j == (302.0,) * 5
    assert found.system.training.ends_j == pytest.approx((151.0, 302.0, 453.0))
    assert len(found.system.recommendation.values_j) == 6
    assert found.system.recommendation.ends_j == pytest.approx((0.002, 0.004, 0.006))
    assert found.idle_w == pytest.approx((0.01, 0.02, 0.03))
    assert found.life_cycle.idle_w == found.idle_w


def test_several_measurements_are_repeats_and_others_are_not(
    tmp_path: Path, runs: dict[str, RunRecord]
) -> None:
    for number, joules in enumerate((3.0, 4.0, 5.0)):
        store(tmp_path / "study", runs["ngcf"], joules_per_1000=joules, number=number, spread=0.0)
    store(tmp_path / "study", runs["ngcf"], kind="int8", joules_per_1000=1.0, number=9)
    exact = of(tmp_path, runs["ngcf"], kind="exact").system
    assert exact.recommendation.values_j == pytest.approx((0.003, 0.004, 0.005))
    # Three measurements of one index: it was built once.
    assert exact.training.values_j == (202.0,)
    newest = of(tmp_path, runs["ngcf"])
    assert newest.latest.index.kind == "int8"
    assert newest.system.recommendation.mean_j == pytest.approx(0.001)


def test_two_runs_have_a_break_even(tmp_path: Path, runs: dict[str, RunRecord]) -> None:
    store(tmp_path / "study", runs["lightgcn"], joules_per_1000=4.0)
    store(tmp_path / "study", runs["ngcf"], joules_per_1000=8.0)
    systems = [of(tmp_path, run).system for run in runs.values()]
    assert break_even(*systems).recommendations == pytest.approx(25_000)


def test_without_http_the_index_alone_stands_for_serving(runs: dict[str, RunRecord]) -> None:
    found = of_record(serving_record(runs["ngcf"], joules_per_1000=8.0, http=False))
    assert found is not None
    assert found.central_j == pytest.approx(4.0)


def test_the_step_nearest_to_the_load_counts(runs: dict[str, RunRecord]) -> None:
    record = serving_record(runs["ngcf"])
    changed = record.model_copy(update={"steps": record.steps[:2]})
    assert of_record(changed, 0.9) == of_record(record, 0.5)


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("", "is no run's folder", "give OUT/runs/<run_id>"),
        ("runs/0123", "holds no finished run", "ecorec results"),
        ("runs/{ngcf}", r"`ngcf d=64`\) was never under load", "ecorec stress .*runs/"),
    ],
)
def test_what_cannot_be_told_says_what_to_do(
    tmp_path: Path, runs: dict[str, RunRecord], name: str, message: str, hint: str
) -> None:
    path = tmp_path / "study" / name.format(ngcf=runs["ngcf"].run_id)
    with pytest.raises(StudyError, match=message) as caught:
        deployed(path)
    assert caught.value.hint is not None
    assert re.search(hint, caught.value.hint)


def test_a_kind_that_was_not_measured(tmp_path: Path, runs: dict[str, RunRecord]) -> None:
    store(tmp_path / "study", runs["ngcf"])
    with pytest.raises(EcorecError, match=r"no measured kind .* is called `int8`") as caught:
        of(tmp_path, runs["ngcf"], kind="int8")
    assert "--kind int8" in (caught.value.hint or "")


def test_a_measurement_of_a_newer_version_is_named(
    tmp_path: Path, runs: dict[str, RunRecord]
) -> None:
    store(tmp_path / "study", runs["ngcf"])
    (file,) = (tmp_path / "study" / "runs" / runs["ngcf"].run_id / "serving").iterdir()
    file.write_text(file.read_text().replace('"schema_version": 1', '"schema_version": 7'))
    with pytest.raises(StudyError, match=r"serving/.* was written by a newer ecorec \(format 7; "):
        of(tmp_path, runs["ngcf"])


def test_what_was_asked_otherwise_is_no_repeat(tmp_path: Path, runs: dict[str, RunRecord]) -> None:
    store(tmp_path / "study", runs["ngcf"], joules_per_1000=8.0)
    store(tmp_path / "study", runs["ngcf"], joules_per_1000=90.0, http=False, number=1)
    found = of(tmp_path, runs["ngcf"])
    # The newer one is of the index alone: it is neither newest nor a second measurement.
    assert len(found.serving) == 1
    assert found.system.recommendation.mean_j == pytest.approx(0.008)


def test_two_runs_are_compared_alike(tmp_path: Path, runs: dict[str, RunRecord]) -> None:
    store(tmp_path / "study", runs["lightgcn"], joules_per_1000=4.0)
    store(tmp_path / "study", runs["ngcf"], joules_per_1000=8.0, http=False)
    folders = [tmp_path / "study" / "runs" / run.run_id for run in runs.values()]
    a, b = pair(folders[0], folders[1], (None, None), 0.5)
    # Half of the joules are the index alone's; a server against an index would be 4 and 4.
    joules = [item.system.recommendation.mean_j for item in (a, b)]
    assert joules == pytest.approx([0.002, 0.004])
    assert (a.alone, b.alone) == (True, True)
    assert a.idle_w == b.idle_w == (0.0, 0.0, 0.0)


def test_lists_of_another_length_are_refused_with_the_command_that_measures_alike(
    tmp_path: Path, runs: dict[str, RunRecord]
) -> None:
    study = tmp_path / "study"
    store(study, runs["lightgcn"], users_per_request=64)
    store(study, runs["ngcf"], kind="lists", k=100)
    folders = [study / "runs" / runs[model].run_id for model in ("lightgcn", "ngcf")]
    with pytest.raises(InputError, match="were not asked alike under load: ") as caught:
        pair(folders[0], folders[1], (None, None), 0.5)
    assert str(caught.value).endswith("lists of 10 against 100, 64 against 1 users at a time")
    assert caught.value.hint == (
        f"measure them alike: ecorec stress {folders[1]} --kind lists --users-per-request 64"
    )
    # So measured, they compare, though another measurement is newer.
    store(study, runs["ngcf"], kind="lists", users_per_request=64, joules_per_1000=8.0, number=1)
    store(study, runs["ngcf"], kind="lists", k=100, joules_per_1000=90.0, number=2)
    a, b = pair(folders[0], folders[1], (None, None), 0.5)
    joules = [item.system.recommendation.mean_j for item in (a, b)]
    assert joules == pytest.approx([0.004, 0.008])
    assert a.way == b.way
    assert not a.alone


def test_two_servers_that_were_asked_otherwise_are_compared_by_the_index_alone(
    tmp_path: Path, runs: dict[str, RunRecord]
) -> None:
    study = tmp_path / "study"
    store(study, runs["lightgcn"], users_per_request=64, joules_per_1000=4.0)
    store(study, runs["ngcf"], joules_per_1000=8.0)
    folders = [study / "runs" / runs[model].run_id for model in ("lightgcn", "ngcf")]
    a, b = pair(folders[0], folders[1], (None, None), 0.5)
    joules = [item.system.recommendation.mean_j for item in (a, b)]
    assert joules == pytest.approx([0.002, 0.004])
    words = " ".join(answer(a, b, Question(0.5, None, None, EmbodiedSettings())).split())
    assert "not asked alike (64 against 1 users at a time), so that the index alone" in words


def test_a_way_in_which_a_run_was_never_asked(tmp_path: Path, runs: dict[str, RunRecord]) -> None:
    record = store(tmp_path / "study", runs["ngcf"])
    way = replace(asked(record)[0], k=100)
    with pytest.raises(
        InputError, match="was not measured over HTTP, lists of 100 under"
    ) as caught:
        of(tmp_path, runs["ngcf"], way=way)
    assert (caught.value.hint or "").endswith(" --k 100")


def test_repeats_of_a_seed_are_one_measurement_of_a_training_with_several() -> None:
    def amount(n_seeds: int, n_repeats: int) -> Amount:
        plans = [
            Plan("simgcl", 8, energy_j=100.0 + 10 * seed, seeds=(seed,), repeats=n_repeats)
            for seed in range(n_seeds)
        ]
        records = []
        for record in synthesise(plans, n_users=20).records:
            # Repeats of 90 %, 100 %, 110 % of each seed's joules.
            joules = record.total.energy_j * (0.8 + record.repeat / 10)
            records.append(record.model_copy(update={"total": reading("total", joules)}))
        return training_amount(configurations(records)[0])

    five = amount(5, 3)
    assert five.values_j == pytest.approx((100.0, 110.0, 120.0, 130.0, 140.0))
    assert (five.low_j, five.mean_j, five.high_j) == pytest.approx((60.0, 120.0, 180.0))
    assert five.mean is not None
    assert five.mean.freedom == 4
    assert five.over == "seeds"
    assert amount(2, 5).mean is None
    single = amount(1, 5)
    assert len(single.values_j) == 5
    assert single.mean is not None
    assert single.over == "repeats of one seed"


def test_tuning_is_drawn_once_before_the_first_training(
    tmp_path: Path, runs: dict[str, RunRecord]
) -> None:
    run = runs["lightgcn"]
    store(tmp_path / "study", run, joules_per_1000=4.0)
    untuned = of(tmp_path, run)
    tuned = Tuned(
        model="lightgcn", embedding_size=64, settings={}, validation=0.1, default_validation=None,
        n_trials=3, states={"complete": 3}, bill=run.total,
    )  # fmt: skip
    tuning = TuningSummary(
        folder="t", dataset="d", fingerprint=run.data.fingerprint, objective=("ndcg@10",),
        search="", bill=run.total, shared=None, models=(tuned,),
    )  # fmt: skip
    found = _tuned(untuned, tuning)
    assert untuned.life_cycle.tuning == (0.0, 0.0, 0.0)
    assert found.life_cycle.tuning == (150.0, 300.0, 450.0)
    operation = Operation(1000.0, 7.0)
    for days in (1.0, 30.0):
        ends = (item.life_cycle.after(days, operation) for item in (found, untuned))
        more = [a - b for a, b in zip(*ends, strict=True)]
        assert more == pytest.approx([150.0, 300.0, 450.0])


def test_a_tuning_that_was_not_read_is_absent_and_not_nothing(
    tmp_path: Path, runs: dict[str, RunRecord]
) -> None:
    run = runs["lightgcn"]
    store(tmp_path / "study", run, joules_per_1000=4.0)
    untuned = of(tmp_path, run)
    tuned = Tuned(
        model="lightgcn", embedding_size=64, settings={}, validation=0.1, default_validation=None,
        n_trials=3, states={"complete": 3}, bill=reading("tuning", None),
    )  # fmt: skip
    tuning = TuningSummary(
        folder="t", dataset="d", fingerprint=run.data.fingerprint, objective=("ndcg@10",),
        search="", bill=tuned.bill, shared=None, models=(tuned,),
    )  # fmt: skip
    found = _tuned(untuned, tuning)
    operation = Operation(1000.0, 7.0)
    assert found.life_cycle.after(30.0, operation) is None
    assert found.life_cycle.of_a_year(operation) == untuned.life_cycle.of_a_year(operation)
    text = answer(found, untuned, Question(0.5, operation, None, EmbodiedSettings()))
    (once,) = re.findall(r"tuning, once +(.+)", text)
    assert once.split() == ["absent", "none"]
    (month,) = re.findall(r"30 days +30 k +(.+)", text)
    assert month.split()[0] == "absent"
    assert month.split()[1] != "absent"


def _tuned(item: Deployed, tuning: TuningSummary) -> Deployed:
    info = item.study.info.model_copy(update={"tunings": (tuning,)})
    return replace(item, study=replace(item.study, info=info))
