"""Studies within a budget, on a sensor that reads ten joules an epoch and nothing else."""

import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from ecorec.energy.idle import measure_idle
from ecorec.energy.meter import Meter
from ecorec.models.itemknn import ItemKNN
from ecorec.report.budget import budget_note
from ecorec.report.page import write_report
from ecorec.report.terminal import summary
from ecorec.study import context as context_module
from ecorec.study import idle_machine, pauses
from ecorec.study.execute import run_study
from ecorec.study.listener import Silent
from ecorec.training.trainer import Trainer
from tests.sensors import Clock, Counted, Powered
from tests.study.test_study import Counting, small

EPOCH_J = 10.0
pytestmark = pytest.mark.xdist_group("study")


@pytest.fixture
def sensor(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """Joules that follow from epochs alone, of whichever trainer."""
    made, train_epoch = Counted("epochs"), Trainer.train_epoch

    def counted(self: Trainer) -> float:
        loss = train_epoch(self)
        made.joules += EPOCH_J
        return loss

    monkeypatch.setattr(Trainer, "train_epoch", counted)
    # Looking ahead takes two epochs of each configuration, one of them measured; warming up one.
    monkeypatch.setattr("ecorec.study.samples.epochs.MOST_EPOCHS", 1)
    monkeypatch.setattr("ecorec.study.session.LEAST_SAMPLE_S", 0.5)
    monkeypatch.setattr(context_module, "find_sensors", lambda *_: (made,))
    return made


def start(out: Path, **changes):
    counting = Counting()
    study = run_study(small(**changes), out, listener=counting)
    return study, counting.labels


def overhead_j(study) -> float:
    """Return what warming up and looking ahead have read, which the budget pays as well."""
    return sum(reading.energy_j for reading in study.info.warmups)


def test_a_budget_stops_at_its_last_epoch_and_a_larger_one_goes_on_bitwise(
    sensor: Counted, tmp_path: Path
) -> None:
    settings = {"models": ("lightgcn", "itemknn"), "epochs": (12,)}
    whole, _ = start(tmp_path / "whole", **settings)
    study, labels = start(tmp_path / "s", **settings, budget="105J")
    assert labels == ["itemknn", "lightgcn d=8 seed 1"]
    by_model = {record.model: record for record in study.records}
    stopped = by_model["lightgcn"]
    assert overhead_j(study) == 3 * EPOCH_J
    affordable = 7
    assert (stopped.max_epochs, len(stopped.epochs)) == (affordable, affordable)
    assert stopped.total.energy_j == affordable * EPOCH_J
    assert stopped.ended_by is None
    [left] = study.info.not_run
    assert (left.label, left.epochs, left.epochs_done) == ("lightgcn d=8 seed 1", 12, affordable)
    for text in (summary(study), write_report(tmp_path / "s").read_text()):
        assert f"stopped after {affordable} of 12 epochs" in text
    spent = "100 J of 105 J were spent, 30 J of it on warming up and the forecast"
    assert f"Budget 105J: {spent}; 1 training not" in summary(study)
    # Another session warms up and looks ahead again; five epochs are left, as forecast.
    assert 5 * EPOCH_J <= left.needs <= 6 * EPOCH_J
    enough, to_run = f"{130 + left.needs:.0f} J", f"{left.needs:.0f} J to run"
    needed = f"{enough}: 100 J spent, 30 J to warm up again and {to_run}"
    assert study.info.budget_needed == needed
    assert f"a larger --budget goes on from there: about {needed}" in summary(study)
    # Alone, a run of so many epochs is the same run.
    alone, _ = start(tmp_path / "alone", models=("lightgcn",), epochs=(affordable,))
    assert alone.records[0].run_id == stopped.run_id
    assert alone.records[0].metrics == stopped.metrics

    before = {p: p.read_bytes() for p in (tmp_path / "s").rglob("record.json")}
    more, labels = start(tmp_path / "s", **settings, budget="100kJ")
    assert labels == ["lightgcn d=8 seed 1"]
    assert {p: p.read_bytes() for p in before} == before
    done = next(record for record in more.records if record.max_epochs == 12)
    same = next(record for record in whole.records if record.model == "lightgcn")
    assert (done.run_id, done.metrics) == (same.run_id, same.metrics)
    assert done.attempts == 2
    # The epochs of the first attempt are on its bill, once.
    assert done.total.energy_j == 12 * EPOCH_J
    assert (more.info.not_run, more.info.budget_needed) == ((), "")
    again, labels = start(tmp_path / "s", **settings, budget="100kJ")
    assert (labels, again.info.budget_words) == ([], more.info.budget_words)
    # Words of one budget are not those of another.
    other, labels = start(tmp_path / "s", **settings, budget="1J")
    assert (labels, other.info.not_run) == ([], ())
    said = "Budget 1J: nothing of it was spent, for nothing was left to run"
    assert budget_note(other.info) == [said]
    assert not list((tmp_path / "s" / "states").glob("*"))


def test_without_a_budget_a_stopped_run_goes_on_too(sensor: Counted, tmp_path: Path) -> None:
    settings = {"models": ("lightgcn",), "epochs": (12,)}
    study, _ = start(tmp_path / "s", **settings, budget="105J")
    done = study.info.not_run[0].epochs_done
    sensor_before = sensor.joules
    more, _ = start(tmp_path / "s", **settings)
    # One epoch of two users warms up.
    assert sensor.joules - sensor_before == (12 - done + 1) * EPOCH_J
    assert (more.info.not_run, more.info.budget) == ((), None)
    assert budget_note(more.info) == []


def test_cheap_runs_come_first_and_what_does_not_fit_is_not_begun(
    sensor: Counted, tmp_path: Path
) -> None:
    settings = {"models": ("lightgcn", "itemknn"), "epochs": (9, 3), "seeds": (1, 2)}
    study, _ = start(tmp_path / "s", **settings, budget="1J")
    assert [record.model for record in study.records] == ["itemknn"]
    assert [item.epochs_done for item in study.info.not_run] == [0, 0]
    # Two milestones a training, and the longest of them counts for both.
    enough, labels = start(tmp_path / "s", **settings, budget="1MJ")
    assert labels == ["lightgcn d=8 seed 1", "lightgcn d=8 seed 2"]
    assert len(enough.records) == 5
    spent = overhead_j(enough) + 2 * 9 * EPOCH_J
    assert f"{spent:.0f} J of 1 MJ" in enough.info.budget_words


def test_the_same_run_in_several_ways_is_paid_for_each_time(
    sensor: Counted, tmp_path: Path
) -> None:
    ways = {"kernel": ("library", "fixed-width"), "users_per_call": (1, 16)}
    settings = {"models": ("lightgcn",), "epochs": (12,), "vary": ways}
    study, _ = start(tmp_path / "s", **settings, budget="330J")
    assert 200 < sensor.joules <= 330
    assert study.info.not_run
    assert study.info.budget_words.startswith(f"{sensor.joules:.0f} J of 330 J were spent")
    # What is known of an earlier session is told apart likewise.
    more, _ = start(tmp_path / "s", **settings, budget="1kJ")
    assert sensor.joules <= 1000
    assert more.info.budget_words.startswith(f"{sensor.joules:.0f} J of 1 kJ were spent")


def test_a_longer_training_that_begins_anew_is_paid_for_as_well(
    sensor: Counted, tmp_path: Path
) -> None:
    short, _ = start(tmp_path / "s", models=("lightgcn",), epochs=(3,), budget="10kJ")
    assert short.info.budget_words.startswith(f"{sensor.joules:.0f} J of 10 kJ were spent")
    study, _ = start(tmp_path / "s", models=("lightgcn",), epochs=(9,), budget="10kJ")
    totals = {record.max_epochs: record.total.energy_j for record in study.records}
    assert totals == {3: 3 * EPOCH_J, 9: 9 * EPOCH_J}
    assert sensor.joules == overhead_j(study) + 12 * EPOCH_J
    assert study.info.budget_words.startswith(f"{sensor.joules:.0f} J of 10 kJ were spent")


class Interrupt(Counting):
    """Ctrl-C in the fifth epoch."""

    def epoch_done(self, job, epoch) -> None:
        if epoch.epoch == 5:
            raise KeyboardInterrupt


def cut(out: Path, **changes) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_study(small(**changes), out, listener=Interrupt())


def test_a_training_that_was_cut_short_is_paid_from_the_budget_of_all_sessions(
    sensor: Counted, tmp_path: Path
) -> None:
    asked = {"models": ("lightgcn",), "epochs": (12,), "budget": "255J"}
    cut(tmp_path / "s", **asked)
    study, _ = start(tmp_path / "s", **asked)
    # Without a state it began anew; what the first attempt took is gone all the same.
    [record] = study.records
    assert record.attempts == 2
    assert record.total.energy_j == (5 + len(record.epochs)) * EPOCH_J
    assert 245 <= sensor.joules == overhead_j(study) + record.total.energy_j <= 255
    assert study.info.budget_words.startswith(f"{sensor.joules:.0f} J of 255 J were spent")


def test_a_kill_loses_no_more_than_a_second_of_the_account(
    sensor: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int] = []

    class Looking(Silent):
        def epoch_done(self, job, epoch) -> None:
            for account in (tmp_path / "s" / "states").rglob("account.json"):
                kept.append(len(json.loads(account.read_text())["epochs"]))

    asked = {"models": ("lightgcn",), "epochs": (4,), "budget": "1kJ"}
    monkeypatch.setattr("ecorec.study.unfinished.ACCOUNT_EVERY_S", 0.0)
    run_study(small(**asked), tmp_path / "s", listener=Looking())
    assert kept == [1, 2, 3]
    assert not list((tmp_path / "s" / "states").iterdir())


def test_a_fit_that_was_cut_short_is_on_the_bill(
    sensor: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit, cuts = ItemKNN.fit, [True]

    class Measured(Silent):
        """From here on a fit takes 40 joules, and the first one is interrupted."""

        def job_started(self, job) -> None:
            monkeypatch.setattr(ItemKNN, "fit", dear)

    def dear(self: ItemKNN, graph) -> None:
        sensor.joules += 40
        if cuts:
            cuts.pop()
            raise KeyboardInterrupt
        fit(self, graph)

    asked = small(models=("itemknn",), budget="1kJ")
    with pytest.raises(KeyboardInterrupt):
        run_study(asked, tmp_path / "s", listener=Measured())
    monkeypatch.setattr(ItemKNN, "fit", fit)
    study = run_study(asked, tmp_path / "s", listener=Measured())
    [record] = study.records
    assert (record.attempts, record.total.energy_j) == (2, 80)
    assert study.info.budget_words.startswith("80 J of 1 kJ were spent")


def test_a_kill_while_a_stopped_training_is_tested_loses_neither_joules_nor_epochs(
    sensor: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: list[dict] = []

    def killed(*_, **__) -> None:
        [file] = (tmp_path / "s" / "states").rglob("account.json")
        assert (file.parent / "state.safetensors").is_file()
        states.append(json.loads(file.read_text()))
        raise KeyboardInterrupt

    asked = {"models": ("lightgcn",), "epochs": (12,)}
    monkeypatch.setattr("ecorec.study.train.end_shorter_run", killed)
    with pytest.raises(KeyboardInterrupt):
        start(tmp_path / "s", **asked, budget="105J")
    [account] = states
    assert (len(account["epochs"]), account["stopped"]) == (7, True)
    # Cut short before it is where it was, it still goes on from there.
    for _ in range(2):
        monkeypatch.setattr("ecorec.study.train.evaluate_one", killed)
        with pytest.raises(KeyboardInterrupt):
            start(tmp_path / "s", **asked, budget="10kJ")
    monkeypatch.undo()
    monkeypatch.setattr(context_module, "find_sensors", lambda *_: (sensor,))
    study, _ = start(tmp_path / "s", **asked)
    [record] = study.records
    assert [epoch.epoch for epoch in record.epochs] == [*range(1, 13)]


def test_attempts_at_other_trainings_are_on_the_bill(sensor: Counted, tmp_path: Path) -> None:
    cut(tmp_path / "s", models=("lightgcn",), epochs=(12,), budget="1kJ")
    # Stopped and tested, so that its run and its account are of one training.
    start(tmp_path / "s", models=("lightgcn",), epochs=(12,), seeds=(2,), budget="255J")
    study, labels = start(tmp_path / "s", models=("itemknn",), budget="1kJ")
    assert labels == ["itemknn"]
    assert len(study.records) == 2
    assert study.info.budget_words.startswith(f"{sensor.joules:.0f} J of 1 kJ were spent")


IDLE_W = 20.0
REST_S = 5.0


def test_all_that_the_machine_draws_is_paid_rests_and_looks_at_it_included(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A counter of the machine, on a clock that moves in epochs, rests and looks alone."""
    clock, train_epoch = Clock(), Trainer.train_epoch
    counter = Powered(clock, IDLE_W)

    def counted(self: Trainer) -> float:
        clock.sleep(1.0)
        return train_epoch(self)

    monkeypatch.setenv("ECOREC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(Trainer, "train_epoch", counted)
    monkeypatch.setattr("ecorec.study.samples.epochs.MOST_EPOCHS", 1)
    monkeypatch.setattr(context_module, "find_sensors", lambda *_: (counter,))
    monkeypatch.setattr(context_module, "failing", lambda *_: {})
    monkeypatch.setattr(idle_machine, "Meter", partial(Meter, clock=clock))
    monkeypatch.setattr(idle_machine, "measure_idle", partial(measure_idle, sleep=clock.sleep))
    monkeypatch.setattr(pauses, "time", SimpleNamespace(sleep=clock.sleep))
    asked = {"models": ("lightgcn",), "epochs": (12,), "seeds": (1, 2, 3), "cooldown_s": REST_S}
    study, labels = start(tmp_path / "s", **asked, budget="1200J")
    drawn = counter.read()
    assert 1200 - 2 * IDLE_W <= drawn <= 1200
    n_rests, look_j = len(labels) - 1, 10 * IDLE_W
    assert n_rests > 0
    taken = {reading.name: reading.energy_j for reading in study.info.pauses}
    assert taken == {"idle": 2 * look_j, "rest": n_rests * REST_S * IDLE_W}
    paused = f"{sum(taken.values()):.0f} J on rests and the idle machine"
    assert study.info.budget_words.startswith(f"{drawn / 1000:.3g} kJ of 1.2 kJ were spent, ")
    assert study.info.budget_words.endswith(paused)
    rests = (len(study.info.not_run) - 1) * REST_S * IDLE_W
    again = f"{2 * look_j + rests:.0f} J for rests and the idle machine and"
    assert again in study.info.budget_needed
    # What a session took beside its runs is paid from a later one's budget as well.
    more, _ = start(tmp_path / "s", **asked, budget="100kJ")
    assert more.info.budget_words.startswith(f"{counter.read() / 1000:.3g} kJ of 100 kJ were spent")


def test_an_attempt_that_left_no_state_is_on_the_bill(
    sensor: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecorec.study.unfinished.ACCOUNT_EVERY_S", 0.0)
    asked = {"models": ("lightgcn",), "epochs": (6,), "checkpoint_every": 10}
    with pytest.raises(KeyboardInterrupt):
        run_study(small(**asked), tmp_path / "s", listener=Interrupt())
    [account] = (tmp_path / "s" / "states").rglob("account.json")
    assert [file.name for file in account.parent.iterdir()] == ["account.json"]
    assert len(json.loads(account.read_text())["epochs"]) == 5
    study, _ = start(tmp_path / "s", **asked, budget="10kJ")
    [record] = study.records
    assert (record.attempts, len(record.epochs)) == (2, 6)
    assert record.total.energy_j == (5 + 6) * EPOCH_J
    spent = overhead_j(study) + 11 * EPOCH_J
    assert study.info.budget_words.startswith(f"{spent:.0f} J of 10 kJ were spent")


def test_grams_and_stop_rules_reach_the_record(sensor: Counted, tmp_path: Path) -> None:
    study, _ = start(
        tmp_path / "s",
        models=("lightgcn",),
        epochs=(60,),
        set={
            "validate_every": 2, "learning_rate": 0.02, "batch_size": 256,
            "stop_when": "gain<1000 per J",
        },
    )  # fmt: skip
    [record] = study.records
    # Four validations are the fewest that hold a window of three and one before it.
    assert (record.ended_by, len(record.epochs), record.max_epochs) == ("gain", 8, 60)
    assert record.settings["training"]["stop_when"] == "gain<1000 per J"
    assert "training.stop_when=gain<1000 per J" in record.command.replace("'", "")
    assert "bought too little" in write_report(tmp_path / "s").read_text()
