"""A tuning of which a trial was measured beside other work: it is marked wherever it is shown."""

import re
from functools import partial
from pathlib import Path

import pytest

from ecorec.energy.isolation import IsolationWatch
from ecorec.report.page import write_report
from ecorec.report.terminal import summary
from ecorec.report.tuned_file import tuned_file
from ecorec.report.tuning import tuning_summary
from ecorec.study.execute import run_study
from ecorec.study.info import StudyInfo
from ecorec.study.tuning import session
from ecorec.study.tuning.folder import read_tuning
from ecorec.study.tuning.listener import Silent
from ecorec.study.tuning.record import ModelTuning, TuningRecord
from ecorec.study.tuning.tune import study_of_the_chosen, tune
from tests.report.test_tuning import ecorec
from tests.study.tuning.test_tune import Reads, asked

pytestmark = pytest.mark.xdist_group("study")
OBJECTIVE = ("ndcg@10", "energy_j")


class Neighbour(Silent):
    """The kernel's account of the CPUs: others are busy on them during the second trial."""

    def __init__(self, stat: Path) -> None:
        self.stat, self.ticks = stat, 1
        self._write()

    def trial_done(self, task, tuning) -> None:
        self.ticks = 1 if tuning.n_trials == 2 else 10**9
        self._write()

    def epoch_done(self, task, position, epoch) -> None:
        if position == 1:
            self.ticks += 10**9
            self._write()

    def _write(self) -> None:
        self.stat.write_text(f"cpu {self.ticks} 0 0 1 0 0 0 0\n")


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory):
    """A tuning of which one trial of three ran beside other work, and the study of its choice."""
    path = tmp_path_factory.mktemp("beside")
    out, settings = path / "t", asked(3, objective=OBJECTIVE, epochs=(2,))
    with pytest.MonkeyPatch.context() as patch:
        neighbour = Neighbour(path / "stat")
        patch.setattr(session, "IsolationWatch", partial(IsolationWatch, stat=path / "stat"))
        record = tune(settings, out, sensors=(Reads(),), listener=neighbour)
    return record, run_study(study_of_the_chosen(settings, out), out)


def test_a_trial_says_whether_other_work_was_beside_it(beside) -> None:
    record, _ = beside
    [tuning] = record.models
    assert [trial.contaminated for trial in tuning.trials] == [False, True, False]
    assert any("other processes had" in text for text in tuning.trials[1].energy.warnings)
    assert record.summary("").models[0].n_contaminated == 1


def test_of_trials_of_an_older_version_it_is_not_known(beside) -> None:
    record, _ = beside
    trials = [trial.model_dump() for trial in record.models[0].trials]
    for trial in trials:
        del trial["contaminated"]
    older = ModelTuning(**(record.models[0].model_dump() | {"trials": trials}))
    assert [trial.contaminated for trial in older.trials] == [None] * 3
    summary = record.model_copy(update={"models": (older,)}).summary("")
    assert (summary.models[0].method, summary.method) == ("counter", "counter")


def test_the_price_of_it_has_the_mark_that_runs_have(beside) -> None:
    record, study = beside
    trials = "1 of 3 trials of lightgcn d=8"
    for text in (tuning_summary(record, study), summary(study)):
        line = next(line for line in text.splitlines() if line.startswith("lightgcn d=8  "))
        assert re.search(r"counter\S* !", line)
        assert f"! measured beside other work on the machine: {trials}" in " ".join(text.split())
        total = next(line for line in text.splitlines() if line.startswith("All tuning"))
        assert re.search(r" J \(.*\) counter !", total)
    file = tuned_file(record)
    assert re.search(r"^# All tuning: .* counter !$", file, re.MULTILINE)
    assert re.search(r"^\[\[section\]\]  # 3 trials, .* counter !$", file, re.MULTILINE)
    page = write_report(study.path).read_text()
    assert re.search(r"lightgcn d=8 \(3 trials, [^)]* counter !\)", page)
    assert f"{trials} had other work beside them" in page
    csv = ecorec("results", str(study.path), "--format", "csv", "--columns", "tuning_method")
    assert csv.stdout.splitlines()[1:] == ["counter !"]


def test_where_joules_were_weighed_a_warning_says_which_and_how_many(beside) -> None:
    record, study = beside
    words = "Warning: 1 of 3 trials of lightgcn d=8 had other work beside them, and their joules"
    assert words in " ".join(tuning_summary(record, study).split())
    quality = record.model_copy(update={"objective": ("ndcg@10",)})
    assert "Warning" not in tuning_summary(quality, study)
    for everywhere in (True, False):
        changed = tuning_summary(marked(record, everywhere), study)
        assert ("Warning: 3 of 3 trials of lightgcn" in changed) == everywhere
        front = changed.partition("Not beaten in both")[2]
        lines = re.findall(r"^lightgcn d=8  .*counter( !)? ", front, re.MULTILINE)
        assert lines == [" !" if everywhere else ""] * len(record.models[0].front)


def marked(record: TuningRecord, contaminated: bool) -> TuningRecord:
    [tuning] = record.models
    trials = tuple(t.model_copy(update={"contaminated": contaminated}) for t in tuning.trials)
    return record.model_copy(update={"models": (tuning.model_copy(update={"trials": trials}),)})


def test_the_mark_is_kept_with_the_study_and_in_the_folder(beside) -> None:
    record, study = beside
    assert read_tuning(study.path) == record
    info = StudyInfo.model_validate_json((study.path / "study.json").read_bytes())
    assert info.tunings[0].models[0].n_contaminated == 1
