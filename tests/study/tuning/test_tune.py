"""Tuning end to end on small data: equal trials, exact bill, resumption, and an unseen test set."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numba
import pytest
import torch

from ecorec.energy.gpu_processes import MostForeign
from ecorec.errors import InputError, StudyError, TrainingError
from ecorec.models.itemknn import ItemKNN
from ecorec.study.execute import run_study
from ecorec.study.plan import plan
from ecorec.study.settings import StudySettings
from ecorec.study.tuning import journal
from ecorec.study.tuning import session as session_module
from ecorec.study.tuning import trial as trial_module
from ecorec.study.tuning import trials as trials_module
from ecorec.study.tuning.folder import JOURNAL, read_tuning
from ecorec.study.tuning.listener import Silent
from ecorec.study.tuning.record import ModelTuning, TrialRecord, nearest
from ecorec.study.tuning.settings import Task, TuningSettings
from ecorec.study.tuning.tune import study_of_the_chosen, tune
from ecorec.training.trainer import Trainer
from tests.sensors import Counted

DATA = "synthetic:block?users=120&items=80&per_user=15"
pytestmark = pytest.mark.xdist_group("study")


class Reads(Counted):
    """A counter that gives one joule each time it is read, known to a tenth."""

    def __init__(self) -> None:
        super().__init__("reads", method="counter", ends=(0.9, 1.1))

    def read(self) -> float | None:
        self.joules += 1
        return super().read()


def asked(trials: int = 7, objective: tuple[str, ...] = ("ndcg@10",), **study) -> TuningSettings:
    values = {
        "models": ("lightgcn",),
        "datasets": (DATA,),
        "embedding_sizes": (8,),
        "epochs": (4,),
        "topk": (5, 10),
        "threads": 1,
        "set": {"validate_every": 1, "batch_size": 256},
    }
    return TuningSettings(study=StudySettings(**(values | study)), trials=trials,
                          objective=objective)  # fmt: skip


class Stopping(Silent):
    """Interrupts in an epoch of a trial, as Ctrl-C or a kill would."""

    def __init__(self, position: int, epoch: int) -> None:
        self.at = position, epoch

    def epoch_done(self, task, position, epoch) -> None:
        if (position, epoch.epoch) == self.at:
            raise KeyboardInterrupt


def facts(tuning: ModelTuning) -> list[tuple]:
    return [(t.state, t.settings, t.validation) for t in tuning.trials if t.state != "interrupted"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A tuning of seven trials, its folder, and the counter that it was measured with."""
    out, counter = tmp_path_factory.mktemp("tuned") / "t", Reads()
    record = tune(asked(), out, sensors=(counter,))
    return out, record, counter


def test_the_first_trial_is_the_defaults_and_the_chosen_one_the_best(whole) -> None:
    _, record, _ = whole
    tuning = record.models[0]
    first = tuning.trials[0]
    assert (first.is_default, first.settings) == (
        True, {"learning_rate": 0.005, "n_layers": 2, "l2_weight": 1e-5},
    )  # fmt: skip
    assert [trial.is_default for trial in tuning.trials[1:]] == [False] * 6
    chosen = record.summary("t").models[0]
    assert chosen.validation == max(t.validation for t in tuning.complete)
    assert chosen.default_validation == first.validation
    assert len({str(trial.settings) for trial in tuning.trials}) == 7


def test_the_bill_is_the_exact_sum_of_everything_that_was_drawn(whole) -> None:
    _, record, counter = whole
    trials = record.models[0].trials
    assert {trial.state for trial in trials} == {"complete", "pruned"}
    assert all(trial.energy.energy_j > 0 and trial.energy.name == "tune" for trial in trials)
    parts = [record.shared[0].energy_j, *(trial.energy.energy_j for trial in trials)]
    assert record.bill.energy_j == sum(parts)
    # From the first reading after the warm-up to the last: nothing fell between two trials.
    warmup = record.warmups[0].energy_j
    assert sum(parts) == counter.joules - 1 - warmup - 1
    assert record.bill.low_j == pytest.approx(0.9 * sum(parts))
    assert record.bill.methods == ("counter",)
    summary = record.summary("t")
    assert summary.models[0].bill.energy_j == sum(parts[1:])
    assert summary.bill.energy_j == sum(parts)


def test_a_pruned_trial_is_shorter_billed_and_never_chosen(whole) -> None:
    _, record, _ = whole
    tuning = record.models[0]
    pruned = [trial for trial in tuning.trials if trial.state == "pruned"]
    complete = [trial.run_j for trial in tuning.complete]
    assert pruned
    assert all(0 < trial.run_j < min(complete) for trial in pruned)
    assert all(trial not in tuning.complete and trial not in tuning.front for trial in pruned)


@pytest.mark.parametrize(("position", "epoch"), [(5, 1), (2, 3)])
def test_an_interrupted_tuning_goes_on_with_the_trial_that_was_under_way(
    whole, tmp_path: Path, position: int, epoch: int
) -> None:
    with pytest.raises(KeyboardInterrupt):
        tune(asked(), tmp_path / "t", sensors=(Reads(),), listener=Stopping(position, epoch))
    kept = read_tuning(tmp_path / "t").models[0]
    assert kept.n_trials == position
    again = tune(asked(), tmp_path / "t", sensors=(Reads(),)).models[0]
    assert facts(again) == facts(whole[1].models[0])
    lost = [trial for trial in again.trials if trial.state == "interrupted"]
    assert [trial.settings for trial in lost] == [again.trials[position + 1].settings]
    assert lost[0].energy.energy_j > 0
    assert again.bill.energy_j == sum(trial.energy.energy_j for trial in again.trials)
    assert again.trials[:position] == kept.trials[:position]


class Dear(Silent):
    """Once the warm-up is over, a fit of ItemKNN takes 40 joules, and may end in an error."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *errors: BaseException) -> None:
        self.patch, self.errors, self.counter = monkeypatch, [*errors], Counted()

    def planned(self, settings, record, dataset) -> None:
        fit = ItemKNN.fit

        def dear(model, graph) -> None:
            self.counter.joules += 40
            if self.errors:
                raise self.errors.pop()
            fit(model, graph)

        self.patch.setattr(ItemKNN, "fit", dear)


@pytest.mark.parametrize("error", [MemoryError(), KeyboardInterrupt(), SystemExit(143)])
def test_a_fit_that_an_error_cuts_short_is_on_the_bill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    dear = Dear(monkeypatch, error)
    settings = asked(1, models=("itemknn",))
    with pytest.raises(type(error)):
        tune(settings, tmp_path / "t", sensors=(dear.counter,), listener=dear)
    again = tune(settings, tmp_path / "t", sensors=(dear.counter,)).models[0]
    assert [(trial.state, trial.energy.energy_j) for trial in again.trials] == [
        ("interrupted", 40.0), ("complete", 40.0),
    ]  # fmt: skip


def test_a_kill_while_a_fit_is_validated_leaves_what_the_fit_drew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dear = Dear(monkeypatch)

    def killed(*_) -> None:
        shutil.copy(tmp_path / "t" / JOURNAL, tmp_path / "left")
        raise KeyboardInterrupt

    monkeypatch.setattr(trial_module, "evaluate_one", killed)
    monkeypatch.setattr(trials_module, "ACCOUNT_EVERY_S", 0.0)
    with pytest.raises(KeyboardInterrupt):
        tune(asked(1, models=("itemknn",)), tmp_path / "t", sensors=(dear.counter,), listener=dear)
    storage = journal.open_journal(tmp_path / "left")
    [trial] = trials_module.read_trials(
        journal.open_search(storage, "itemknn", weighs_energy=False, last_epoch=4)
    )
    assert (trial.state, trial.energy.energy_j) == ("interrupted", 40.0)


def test_a_journal_that_ends_in_half_a_line_is_mended(whole, tmp_path: Path) -> None:
    tune(asked(trials=2), tmp_path / "t", sensors=(Reads(),))
    file = tmp_path / "t" / JOURNAL
    # As a kill in the middle of a write leaves it: the last trial is not ended.
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-1]) + lines[-1][:10])
    (tmp_path / "t" / "tuning.json").unlink()
    again = tune(asked(), tmp_path / "t", sensors=(Reads(),)).models[0]
    assert [trial.state for trial in again.trials].count("interrupted") == 1
    assert facts(again) == facts(whole[1].models[0])


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="no account of other work")
def test_a_stranger_on_the_gpu_during_one_look_marks_that_trial(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trials = iter([[0, 0], [1, 0]])

    def strangers(device: str) -> MostForeign:
        looks = iter(next(trials))
        return MostForeign(lambda: next(looks, 0))

    monkeypatch.setattr(session_module, "strangers_on", strangers)
    monkeypatch.setattr(trials_module, "ACCOUNT_EVERY_S", 0.0)
    record = tune(asked(trials=2), tmp_path / "t", sensors=(Reads(),))
    alone, beside = record.models[0].trials
    word = "others computed on the GPU (processes: 1)"
    assert beside.contaminated
    assert any(word in warning for warning in beside.energy.warnings)
    assert not any(word in warning for warning in alone.energy.warnings)


def test_finished_tunings_draw_nothing_and_more_trials_extend_them(whole, tmp_path: Path) -> None:
    counter = Reads()
    first = tune(asked(trials=3), tmp_path / "t", sensors=(counter,))
    n_joules = counter.joules
    assert tune(asked(trials=3), tmp_path / "t", sensors=(counter,)) == first
    assert counter.joules == n_joules
    longer = tune(asked(), tmp_path / "t", sensors=(counter,)).models[0]
    assert longer.trials[:3] == first.models[0].trials
    assert facts(longer) == facts(whole[1].models[0])


def test_every_model_has_the_same_number_of_trials_at_every_size(tmp_path: Path) -> None:
    settings = asked(3, models=("itemknn", "lightgcn"), embedding_sizes=(4, 8), epochs=(1,))
    record = tune(settings, tmp_path / "t")
    assert [(m.label, m.n_trials) for m in record.models] == [
        ("itemknn", 3), ("lightgcn d=4", 3), ("lightgcn d=8", 3),
    ]  # fmt: skip
    assert record.bill.methods[0] in ("modelled", "assumed")


def test_the_choice_does_not_depend_on_the_test_set(tmp_path: Path) -> None:
    def write(name: str, last: int) -> str:
        folder = tmp_path / name
        folder.mkdir()
        ratings = {u: [(u * 3 + k * (1 + u % 3)) % 30 for k in range(9)] for u in range(40)}
        parts = {"train": slice(0, 6), "valid": slice(6, 7)}
        for part, where in parts.items():
            lines = [f"{u} {' '.join(map(str, items[where]))}" for u, items in ratings.items()]
            (folder / f"{part}.txt").write_text("\n".join(lines) + "\n")
        free = {u: [i for i in range(30) if i not in items[:7]] for u, items in ratings.items()}
        lines = [f"{u} {items[last]}" for u, items in free.items()]
        (folder / "test.txt").write_text("\n".join(lines) + "\n")
        return str(folder)

    found = []
    for name, last in (("one", 0), ("two", -1)):
        settings = asked(4, models=("itemknn", "bpr-mf"), split="given", topk=(5,),
                         datasets=(write(name, last),))  # fmt: skip
        out = tmp_path / f"{name}-tuned"
        record = tune(settings, out)
        tested = run_study(study_of_the_chosen(settings, out), out)
        found.append((record, {r.model: r.metrics["ndcg@5"] for r in tested.records}))
    (one, test_one), (two, test_two) = found
    assert one.fingerprint != two.fingerprint
    assert [facts(m) for m in one.models] == [facts(m) for m in two.models]
    assert test_one != test_two


def test_the_chosen_settings_are_trained_and_tested_once_and_are_what_was_validated(whole) -> None:
    out, record, _ = whole
    study = run_study(study_of_the_chosen(asked(), out), out)
    assert len(study.records) == 1
    run, chosen = study.records[0], record.summary("t").models[0]
    own = run.settings["training"] | run.settings["model_settings"]
    assert {name: own[name] for name in chosen.settings} == chosen.settings
    assert max(epoch.validation for epoch in run.epochs) == chosen.validation
    assert run.preset == "recommended, tuned"
    assert study.info.tunings[0].models[0].bill == chosen.bill


def test_a_training_that_fails_is_a_trial_that_counts_and_is_billed(tmp_path: Path) -> None:
    class Diverging(Silent):
        def epoch_done(self, task, position, epoch) -> None:
            if position in failing and epoch.epoch == 2:
                raise TrainingError("the loss became nan")

    failing = {0, 1}
    settings, failed = asked(2), ["failed", "failed"]
    with pytest.raises(StudyError, match="no trial of lightgcn d=8 came to its end: the loss be"):
        tune(settings, tmp_path / "t", sensors=(Reads(),), listener=Diverging())
    # Nothing was chosen, also when it is started again, and nothing is there to use.
    for use in (tune, lambda settings, out: plan(study_of_the_chosen(settings, out), 1)):
        with pytest.raises(StudyError, match="no trial of lightgcn d=8 came to its end") as error:
            use(settings, tmp_path / "t")
        assert f"tune it in {tmp_path / 't'} with more --trials" in error.value.hint
    tuning = read_tuning(tmp_path / "t").models[0]
    assert [(trial.state, trial.reason) for trial in tuning.trials] == [
        ("failed", "the loss became nan")
    ] * 2
    assert tuning.bill.energy_j == sum(trial.energy.energy_j for trial in tuning.trials) > 0
    record = tune(asked(3), tmp_path / "t", sensors=(Reads(),), listener=Diverging())
    assert [trial.state for trial in record.models[0].trials] == [*failed, "complete"]
    chosen = record.summary("t").models[0]
    assert (chosen.n_trials, chosen.default_validation) == (3, None)
    assert chosen.settings == record.models[0].trials[2].settings


def test_quality_against_joules_chooses_the_cheapest_of_the_good(tmp_path: Path) -> None:
    def trial(number: int, validation: float, run_j: float) -> TrialRecord:
        return TrialRecord(number=number, state="complete", settings={"n": number}, energy=None,
                           validation=validation, best_epoch=1, run_j=run_j)  # fmt: skip

    trials = (trial(0, 0.5, 9.0), trial(1, 0.496, 4.0), trial(2, 0.49, 1.0), trial(3, 0.4, 2.0))
    tuning = ModelTuning(model="ease", embedding_size=None, source="", trials=trials)
    assert tuning.chosen(weighs_energy=False).number == 0
    assert tuning.chosen(weighs_energy=True).number == 1
    assert [item.number for item in tuning.front] == [2, 1, 0]

    settings = asked(3, objective=("ndcg@10", "energy_j"), epochs=(2,))
    record = tune(settings, tmp_path / "t", sensors=(Reads(),))
    assert {t.state for t in record.models[0].trials} == {"complete"}
    assert "no pruning" in record.search


def test_a_trial_whose_energy_was_not_read_is_not_the_cheapest(tmp_path: Path) -> None:
    """Its process drew nothing by its own sensor, which stands beside the machine's."""

    class Losing(Silent):
        def epoch_done(self, task, position, epoch) -> None:
            machine.lost = position == 1

        def trial_done(self, task, tuning) -> None:
            machine.lost = False

    machine = Reads()
    machine.scope = "machine"
    settings = asked(3, objective=("ndcg@10", "energy_j"), epochs=(2,))
    tuning = tune(
        settings, tmp_path / "t", sensors=(Counted("cpu-time"), machine), listener=Losing()
    ).models[0]
    assert [trial.state for trial in tuning.trials] == ["complete", "failed", "complete"]
    assert tuning.trials[1].reason == "a counter of its energy could not be read"
    assert all(trial.run_j > 0 for trial in tuning.complete)


def test_energy_is_no_objective_where_there_is_none(tmp_path: Path) -> None:
    machine = Reads()
    machine.scope, machine.component = "machine", "ram"
    settings = asked(1, objective=("ndcg@10", "energy_j"), epochs=(1,))
    with pytest.raises(InputError, match="energy cannot be an objective: no sensor here"):
        tune(settings, tmp_path / "t", sensors=(machine,))
    assert not (tmp_path / "t").exists()


def test_a_tuning_is_not_continued_under_another_protocol(tmp_path: Path) -> None:
    settings = asked(1, models=("itemknn",))
    tune(settings, tmp_path / "t")
    for change, message in (
        ({"split_seed": 2}, "begun with split_seed = 1, not 2"),
        ({"set": {"data.k_core": 3}}, "begun with set = "),
    ):
        with pytest.raises(StudyError, match=message):
            tune(asked(2, models=("itemknn",), **change), tmp_path / "t")
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "thesis.txt").write_text("precious")
    with pytest.raises(StudyError, match="is not empty and holds no tuning"):
        tune(settings, tmp_path / "x")


def test_trials_have_as_many_threads_as_there_are_cpus_that_may_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1})
    settings = asked(1, ("ndcg@10", "energy_j"), models=("itemknn",), threads=None)
    assert tune(settings, tmp_path / "t", sensors=(Reads(),)).protocol["threads"] == 1


def test_joules_of_trials_are_compared_under_the_same_conditions_only(tmp_path: Path) -> None:
    weighs: dict[str, Any] = {"models": ("itemknn",), "objective": ("ndcg@10", "energy_j")}
    out = tmp_path / "t"

    def go_on(trials: int = 2, sensor: Counted | None = None, **study: Any) -> int:
        record = tune(asked(trials, **(weighs | study)), out, sensors=(sensor or Reads(),))
        return record.models[0].n_trials

    assert go_on(1) == 1
    with pytest.raises(StudyError) as error:
        go_on(threads=2, kernel="library")
    assert "threads = 1, kernel = fixed-width, not threads = 2, kernel = lib" in error.value.message
    assert error.value.hint == "go on with threads = 1, kernel = fixed-width, or give another --out"
    with pytest.raises(StudyError, match="joules that reads has read, not cpu-time: those of its"):
        go_on(sensor=Counted("cpu-time"))
    # It may be looked at under any conditions, and the kernel may be named.
    assert go_on(1, threads=2) == 1
    assert go_on(kernel="fixed-width") == 2

    file = out / "tuning.json"
    begun = json.loads(file.read_text())
    [machine] = begun["machines"]
    file.write_text(json.dumps(begun | {"machines": [machine | {"machine_id": "another"}]}))
    with pytest.raises(
        StudyError, match=f"machine = another, not machine = {machine['machine_id']}"
    ):
        go_on(3)
    # An older record does not know the threads; there, only the machine is compared.
    older = {k: v for k, v in begun["protocol"].items() if k not in ("threads", "device", "kernel")}
    assert len(older) == len(begun["protocol"]) - 3
    file.write_text(json.dumps(begun | {"protocol": older}))
    assert go_on(3, threads=2) == 3


def test_joules_of_trials_are_billed_the_same_watts(tmp_path: Path) -> None:
    weighs: dict[str, Any] = {"models": ("itemknn",), "objective": ("ndcg@10", "energy_j")}

    def go_on(trials: int, sensor: Counted, **study: Any) -> int:
        return tune(asked(trials, **(weighs | study)), tmp_path / sensor.name,
                    sensors=(sensor,)).models[0].n_trials  # fmt: skip

    modelled, counter = Counted("cpu-time"), Counted("rapl", method="counter")
    go_on(1, modelled, watts_per_cpu=(3, 6, 9))
    with pytest.raises(StudyError, match="billed 3,6,9 W a busy CPU, not 1,2,3 W") as error:
        go_on(2, modelled, watts_per_cpu=(1, 2, 3))
    assert error.value.hint == "go on with --watts-per-cpu 3,6,9, or give another --out"
    assert go_on(2, modelled, watts_per_cpu=(3, 6, 9)) == 2
    # A counter is not asked what a busy CPU draws.
    go_on(1, counter, watts_per_cpu=(3, 6, 9))
    assert go_on(2, counter, watts_per_cpu=(1, 2, 3)) == 2


def test_quality_alone_may_be_tuned_under_other_conditions(tmp_path: Path) -> None:
    record = tune(asked(1, models=("itemknn",)), tmp_path / "t", sensors=(Reads(),))
    assert "threads" not in record.protocol
    again = asked(2, models=("itemknn",), threads=2)
    assert tune(again, tmp_path / "t", sensors=(Counted(),)).models[0].n_trials == 2


def test_models_of_a_folder_are_tuned_alike_and_used_when_all_are_done(tmp_path: Path) -> None:
    out = tmp_path / "t"
    tune(asked(2, models=("itemknn",)), out)
    with pytest.raises(StudyError, match="itemknn has had 2 trials already, not 3"):
        tune(asked(3, models=("ease",)), out)
    with pytest.raises(StudyError, match="itemknn has had 2 trials already, not 1"):
        tune(asked(1, models=("itemknn",)), out)
    record = tune(asked(2, models=("ease",)), out)
    assert [(m.label, m.n_trials) for m in record.models] == [("itemknn", 2), ("ease", 2)]

    with pytest.raises(KeyboardInterrupt):
        tune(asked(3, models=("lightgcn",)), tmp_path / "u", listener=Stopping(1, 1))
    study = asked().study.model_copy(update={"tuned": (str(tmp_path / "u"),)})
    with pytest.raises(StudyError, match="not finished: lightgcn d=8 has had 1 of 3 trials"):
        plan(study, 2)


def test_a_model_that_was_merely_begun_may_be_left_out_and_stays_billed(tmp_path: Path) -> None:
    out, counter = tmp_path / "t", Reads()
    both = asked(2, models=("itemknn", "lightgcn"))
    with pytest.raises(KeyboardInterrupt):
        tune(both, out, sensors=(counter,), listener=Stopping(0, 2))
    assert [m.label for m in read_tuning(out).models] == ["itemknn", "lightgcn d=8"]
    tune(asked(2, models=("itemknn",)), out, sensors=(counter,))
    record = read_tuning(out)
    assert [m.label for m in record.models] == ["itemknn"]
    (interrupted,) = record.left_out[0].trials
    assert interrupted.energy.energy_j > 0
    of_all = [*record.shared, record.models[0].bill, interrupted.energy]
    assert record.bill.energy_j == sum(reading.energy_j for reading in of_all)
    study = asked().study.model_copy(update={"models": ("itemknn",), "tuned": (str(out),)})
    assert plan(study, 2)

    again = tune(both, out, sensors=(counter,))
    assert [(m.label, m.n_trials) for m in again.models] == [("itemknn", 2), ("lightgcn d=8", 2)]
    assert again.left_out == ()
    assert again.models[1].trials[0] == interrupted


@pytest.mark.slow
def test_a_kill_at_any_moment_loses_at_most_the_trial_under_way(whole, tmp_path: Path) -> None:
    out = tmp_path / "t"
    command = [
        sys.executable, "-m", "ecorec", "tune", DATA, "--models", "lightgcn", "--embedding-sizes",
        "8", "--trials", "7", "--epochs", "4", "--topk", "5,10", "--validate-every", "1", "--set",
        "batch_size=256", "--threads", "1", "--out", str(out),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while (
        not (out / "tuning.json").exists()
        or not read_tuning(out).models[0:1]
        or (read_tuning(out).models[0].n_trials < 3)
    ):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait()
    kept = read_tuning(out).models[0].trials
    subprocess.run(command, check=True, capture_output=True)
    again = read_tuning(out).models[0]
    assert again.trials[: len(kept)][:3] == kept[:3]
    assert facts(again) == facts(whole[1].models[0])
    assert sum(trial.state == "interrupted" for trial in again.trials) <= 1


def test_a_missing_library_is_named_with_its_extra(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(InputError, match="library `optuna`, which is missing") as caught:
        tune(asked(), tmp_path / "t")
    assert caught.value.hint == journal.INSTALL
    assert not (tmp_path / "t").exists()


def test_a_study_takes_what_was_chosen_unless_it_says_otherwise(whole) -> None:
    out, record, _ = whole
    chosen = record.summary("t").models[0].settings
    base = asked().study

    def first(**changes):
        return plan(base.model_copy(update={"tuned": (str(out),)} | changes), 2)[0].longest

    run = first()
    assert run.model_settings["n_layers"] == chosen["n_layers"]
    assert run.training.learning_rate == chosen["learning_rate"]
    assert first(layers=(1,)).model_settings["n_layers"] == 1
    stated = first(set=base.set | {"lightgcn.learning_rate": 0.123})
    assert stated.training.learning_rate == 0.123
    # Other sizes take the nearest that was tuned; models without a tuning keep their defaults.
    assert first(embedding_sizes=(32,)).training.learning_rate == chosen["learning_rate"]
    assert first(models=("itemknn",)).model_settings["n_neighbours"] == 100
    with pytest.raises(InputError, match="tuned under another split seed: 1 there, 2 here"):
        first(split_seed=2)
    with pytest.raises(InputError, match="under other filters: k_core = 0 there, 5 here"):
        first(set=base.set | {"data.k_core": 5})
    with pytest.raises(InputError, match="`movietweetings` has no tuning"):
        first(datasets=("movietweetings",))
    with pytest.raises(StudyError, match="holds no tuning"):
        plan(base.model_copy(update={"tuned": ("nowhere",)}), 2)


def test_the_nearest_size_is_the_one_with_the_nearest_ratio() -> None:
    sizes = [ModelTuning(model="ngcf", embedding_size=size, source="", trials=())
             for size in (16, 64)]  # fmt: skip
    assert nearest(sizes, "ngcf", 24).embedding_size == 16
    assert nearest(sizes, "ngcf", 40).embedding_size == 64
    assert nearest(sizes, "lightgcn", 64) is None
    assert Task("ngcf", 16).label == sizes[0].label == "ngcf d=16"


def test_a_model_without_a_table_has_the_threads_that_were_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = numba.config.NUMBA_NUM_THREADS
    used: dict[str, tuple[int, int]] = {}
    fit, train_epoch = ItemKNN.fit, Trainer.train_epoch

    def fitted(self, graph):
        used["itemknn"] = (numba.get_num_threads(), torch.get_num_threads())
        return fit(self, graph)

    def trained(self):
        used["lightgcn"] = (numba.get_num_threads(), torch.get_num_threads())
        return train_epoch(self)

    monkeypatch.setattr(ItemKNN, "fit", fitted)
    monkeypatch.setattr(Trainer, "train_epoch", trained)
    settings = asked(1, models=("lightgcn", "itemknn"), threads=most)
    tune(settings, tmp_path / "t", sensors=(Reads(),))
    # LightGCN's table is small: more than one thread would not pay.
    assert used == {"lightgcn": (1, 1), "itemknn": (most, most)}
