"""Handing out trainings and hearing of them: a real worker, here, that is lost when told to."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ecorec.energy import counter_test
from ecorec.errors import EcorecError, InputError
from ecorec.study.execute import run_study
from ecorec.study.executors import process
from ecorec.study.executors.needs import Needs
from ecorec.study.executors.task import Began, Failed, Lost, Message, Passed, Task
from ecorec.study.executors.worker import Worker
from ecorec.study.listener import Silent
from ecorec.study.store import read_study
from tests.study.executors.small_study import quality, small, stuck  # noqa: F401

pytestmark = pytest.mark.xdist_group("study")
ASKED = {"models": ("popularity", "itemknn", "lightgcn"), "seeds": (1,)}
TWO = {"executor": {"kind": "process", "workers": 2}}

Fate = Callable[[str, int], Task | Message | None]
"""From a training's label and how often it was begun: another task, or what becomes of it."""


class HerePool:
    """Two workers in this process; `fate` says what becomes of a task, `None` that it is run."""

    def __init__(self, fate: Fate) -> None:
        self._fate = fate
        self._tasks: list[tuple[int, Task]] = []
        self._worker = Worker()
        self.begun: list[str] = []
        self.stopped = False

    def has_room(self, needs: Needs) -> bool:
        assert needs.memory_bytes > 0
        return len(self._tasks) < 2

    def begin(self, number: int, task: Task, needs: Needs) -> None:
        self._tasks.append((number, task))
        self.begun.append(task.job.label)

    def wait(self) -> list[tuple[int, Message]]:
        number, task = self._tasks.pop(0)
        news: list[tuple[int, Message]] = [(number, Began())]
        times = self.begun.count(task.job.label)
        fate = self._fate(task.job.label, times)
        if isinstance(fate, Lost | Failed):
            return [*news, (number, fate)]
        message = self._worker.run(fate or task, lambda passed: news.append((number, passed)))
        # A late word of a training that has ended is no news.
        return [*news, (number, message), (number, Passed(()))]

    def stop(self) -> None:
        self.stopped = True


class Told(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.lost: list[str] = []
        self.epochs: list[int] = []

    def job_started(self, job) -> None:
        self.started.append(job.label)

    def job_lost(self, job, why) -> None:
        self.lost.append(f"{job.label}: {why}")

    def epoch_done(self, job, epoch) -> None:
        self.epochs.append(epoch.epoch)


def run(out: Path, monkeypatch, fate: Fate):
    pool, told = HerePool(fate), Told()
    monkeypatch.setattr(process, "ProcessPool", lambda *_: pool)
    monkeypatch.setattr(process, "free_cpus", lambda: [0, 1])
    return run_study(small(**ASKED, **TWO), out, listener=told), pool, told


def test_a_lost_training_begins_again_and_is_stored_once(monkeypatch, tmp_path: Path) -> None:
    here = run_study(small(**ASKED), tmp_path / "here")

    def fate(label: str, times: int) -> Message | None:
        return Lost("its node burned") if "lightgcn" in label and times < 3 else None

    there, pool, told = run(tmp_path / "there", monkeypatch, fate)
    assert quality(there) == quality(here)
    assert told.lost == ["lightgcn d=8 seed 1: its node burned"] * 2
    assert told.started.count("lightgcn d=8 seed 1") == 3
    assert told.epochs == [1, 2, 3, 4]
    assert pool.begun.count("popularity") == pool.begun.count("itemknn") == 1
    assert pool.stopped


def test_a_training_that_is_always_lost_is_the_reason_and_others_finish(
    monkeypatch, tmp_path: Path
) -> None:
    def fate(label: str, times: int) -> Message | None:
        return Lost("memory ran out") if label == "popularity" else None

    with pytest.raises(EcorecError, match="popularity was lost 3 times; the last time memory ran"):
        run(tmp_path / "s", monkeypatch, fate)
    models = {record.model for record in read_study(tmp_path / "s").records}
    assert models == {"itemknn", "lightgcn"}


def test_after_a_failure_nothing_begins_and_what_is_under_way_is_kept(
    monkeypatch, tmp_path: Path
) -> None:
    def fate(label: str, times: int) -> Message | None:
        return Failed(InputError, "popularity: no", "try") if label == "popularity" else None

    with pytest.raises(InputError, match="popularity: no") as caught:
        run(tmp_path / "s", monkeypatch, fate)
    assert caught.value.hint == "try"
    assert [record.model for record in read_study(tmp_path / "s").records] == ["itemknn"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda task: replace(task, version="0.0.1"), "this node has ecorec .*, the study's .*0.0"),
        (
            lambda task: replace(task, fingerprints=dict.fromkeys(task.fingerprints, "other")),
            "on this node is not the data that the study was planned on",
        ),
    ],
)
def test_a_node_that_differs_refuses_the_run(change, message, monkeypatch, tmp_path: Path) -> None:
    seen: list[Task] = []
    begin = HerePool.begin

    def changed(self, number: int, task: Task, needs: Needs) -> None:
        seen.append(task)
        begin(self, number, change(task), needs)

    monkeypatch.setattr(HerePool, "begin", changed)
    with pytest.raises(InputError, match=message):
        run(tmp_path / "s", monkeypatch, lambda *_: None)
    assert seen
    assert read_study(tmp_path / "s").records == []


def test_a_state_is_kept_where_the_next_worker_finds_it(monkeypatch, tmp_path: Path) -> None:
    """A worker that sees the study's folder continues what another one was killed at."""
    cut: list[Task] = []

    class CutError(BaseException):
        pass

    def fate(label: str, times: int) -> Message | None:
        return None

    class Cutting(HerePool):
        def wait(self) -> list[tuple[int, Message]]:
            number, task = self._tasks[0]
            if task.job.epochs and not cut:
                cut.append(task)
                self._tasks.pop(0)

                def say(passed: Passed) -> None:
                    raise CutError

                with pytest.raises(CutError):
                    Worker().run(replace(task), say)
                return [(number, Lost("cut"))]
            return super().wait()

    asked = {"models": ("lightgcn",), "seeds": (1,), "epochs": (4,), "checkpoint_every": 1}
    whole = run_study(small(**asked), tmp_path / "whole")
    monkeypatch.setattr(process, "ProcessPool", lambda *_: Cutting(fate))
    monkeypatch.setattr(process, "free_cpus", lambda: [0, 1])
    study = run_study(small(**asked, **TWO), tmp_path / "s")
    assert quality(study) == quality(whole)
    assert [record.attempts for record in study.records] == [2]
    assert not list((tmp_path / "s" / "states").iterdir())


def test_a_worker_on_another_machine_tests_its_counters_once_though_it_is_shared(
    stuck: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    tests: list[float] = []
    begin = HerePool.begin

    def elsewhere(self, number: int, task: Task, needs: Needs) -> None:
        assert task.failed_sensors is not None
        begin(self, number, replace(task, failed_sensors=None), needs)

    monkeypatch.setattr(HerePool, "begin", elsewhere)
    monkeypatch.setattr(counter_test, "spin", tests.append)
    pool = HerePool(lambda *_: None)
    monkeypatch.setattr(process, "ProcessPool", lambda *_: pool)
    monkeypatch.setattr(process, "free_cpus", lambda: [0, 1])
    asked = {"models": ("popularity", "itemknn"), "sensors": {"powercap": str(stuck), "idle_s": 0}}
    records = run_study(small(**asked, **TWO), tmp_path / "s").records
    # By the driver, and by the worker before its first run.
    assert len(tests) == 2 * counter_test.TRIES
    for record in records:
        (counter,) = [c for c in record.total.components if c.sensor == "rapl-package"]
        assert counter.method == "absent"
