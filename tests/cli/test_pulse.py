"""What a log that nobody watches hears of a long training."""

from pathlib import Path

import pytest

from ecorec.cli.progress import StudyProgress
from ecorec.cli.pulse import FIRST_S, THEN_S, Pulse
from ecorec.study.execute import run_study
from ecorec.study.listener import Silent
from ecorec.study.plan import Job
from ecorec.study.record import EpochRecord
from ecorec.study.settings import StudySettings
from ecorec.units import format_energy
from tests.cli.invoke import ecorec


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self, step_s: float = 0.0) -> None:
        self.now_s = 1000.0
        self.step_s = step_s

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s


def test_the_first_line_is_due_after_a_minute_and_then_every_five() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    due = []
    for second in range(1, 1001):
        clock.now_s = 1000.0 + second
        if pulse.due():
            due.append(second)
    assert due == [60, 360, 660, 960]


def test_another_line_puts_it_off() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    clock.now_s += FIRST_S - 1
    pulse.heard()
    clock.now_s += THEN_S - 1
    assert not pulse.due()
    clock.now_s += 1
    assert pulse.due()


@pytest.mark.parametrize(("step_s", "epochs"), [(0.0, []), (FIRST_S, [1]), (THEN_S, [1, 2, 3])])
def test_a_pipe_hears_where_a_long_training_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], step_s: float, epochs: list[int]
) -> None:
    study = StudySettings.model_validate(
        {
            "datasets": ["synthetic:block?users=90"],
            "models": ["lightgcn"],
            "embedding_sizes": [8],
            "epochs": [3],
            "set": {"validate_every": 2},
        }
    )
    with StudyProgress(pulse=Pulse(Clock(step_s))) as progress:
        run_study(study, tmp_path / "out", listener=progress)
    said = capsys.readouterr().err
    told = [line.split(", ") for line in said.splitlines() if ": epoch " in line]
    assert [words[0] for words in told] == [
        f"lightgcn d=8 seed 1: epoch {epoch} of 3" for epoch in epochs
    ], said
    for words in told:
        assert words[1].endswith("J")
        # The second and the last epoch are validated; there is nothing left after the last.
        validated, left = words[0][-6] != "1", words[0][-6] != "3"
        assert ("best validation ndcg@10 0." in words[2]) == validated, words
        assert words[-1].endswith("left") == left, words
    assert "[1/1] lightgcn d=8 seed 1: " in said


class Interrupting(Silent):
    """Stops a study after so many epochs, as Ctrl-C does."""

    def __init__(self, after: int) -> None:
        self._after = after

    def epoch_done(self, job: Job, epoch: EpochRecord) -> None:
        if epoch.epoch == self._after:
            raise KeyboardInterrupt


@pytest.mark.parametrize("executor", [{}, {"kind": "process", "workers": 1}])
def test_a_training_that_goes_on_is_told_with_its_earlier_epochs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], executor: dict[str, object]
) -> None:
    settings = {
        "datasets": ["synthetic:block?users=90"],
        "models": ["lightgcn"],
        "embedding_sizes": [8],
        "epochs": [4],
        # Too small to change a float32: the first of equals is the best, in the earlier session.
        "set": {"validate_every": 1, "learning_rate": 1e-12},
        "checkpoint_every": 1,
    }
    with pytest.raises(KeyboardInterrupt):
        run_study(StudySettings.parse(settings, "it"), tmp_path / "out", listener=Interrupting(3))
    study = StudySettings.parse(settings | {"executor": executor}, "it")
    with StudyProgress(pulse=Pulse(Clock(THEN_S))) as progress:
        (record,) = run_study(study, tmp_path / "out", listener=progress).records
    said = capsys.readouterr().err.splitlines()
    (goes_on,) = [line for line in said if "goes on after" in line]
    passed = int(goes_on.removeprefix("lightgcn d=8 seed 1 goes on after epoch ")[0])
    assert 2 <= passed <= 3
    told = [line for line in said if ": epoch " in line][-1].split(", ")
    assert told[0].endswith("epoch 4 of 4")
    assert record.best_epoch == 1
    assert told[2].endswith(" at 1")
    joules = sum(epoch.train_j or 0.0 for epoch in record.epochs)
    assert told[1] == format_energy(joules)


def test_the_line_of_a_training_has_its_own_validation_by_the_metric_that_selects(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = StudySettings.model_validate(
        {
            "datasets": ["synthetic:block?users=90"],
            "models": ["itemknn", "lightgcn"],
            "embedding_sizes": [8],
            "epochs": [2],
            "seeds": [1, 2, 3],
            "set": {"metric": "recall@10"},
        }
    )
    with StudyProgress() as progress:
        records = run_study(study, tmp_path / "out", listener=progress).records
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("[")]
    assert len(lines) == len(records) == 4
    values = set()
    for record in records:
        epoch = record.best_epoch
        own = record.epochs[epoch - 1].validation if epoch else record.validation["recall@10"]
        label = "itemknn:" if record.seed is None else f"lightgcn d=8 seed {record.seed}:"
        (line,) = [line for line in lines if label in line]
        assert line.endswith(f", validation recall@10 {own:.4f}")
        values.add(line[-6:])
    assert len(values) == 4


def test_lines_name_what_is_varied(tmp_path: Path) -> None:
    words = ["run", "--datasets", "synthetic:block?users=90", "--models", "lightgcn", "--epochs",
             "2", "--embedding-sizes", "8", "--vary", "learning_rate=0.001,0.01"]  # fmt: skip
    begun = ecorec(*words, "--seeds", "1,2", "--halving", "2", cwd=tmp_path)
    assert begun.returncode == 0, begun.stderr
    for rate in ("0.001", "0.01"):
        assert f"lightgcn d=8 learning_rate={rate}" in begun.stderr
    short = ecorec(*words, "--out", "b", "--budget", "0.001J", cwd=tmp_path)
    assert "lightgcn d=8 learning_rate=0.001 seed 1: not run" in short.stderr
    whole = ecorec(*words, "--out", "c", cwd=tmp_path)
    done = [line.split(": ")[0] for line in whole.stderr.splitlines() if line.startswith("[")]
    assert done == [
        "[1/2] lightgcn d=8 learning_rate=0.001 seed 1",
        "[2/2] lightgcn d=8 learning_rate=0.01 seed 1",
    ]
