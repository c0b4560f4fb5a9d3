"""Which of several tunings a run's settings come from, and which of them is billed."""

from pathlib import Path
from typing import Any

import pytest

from ecorec.analysis.tuning import bill_of
from ecorec.errors import InputError
from ecorec.study.plan import plan
from ecorec.study.settings import StudySettings
from ecorec.study.tuning.record import ModelTuning, TrialRecord, TuningRecord
from tests.analysis.records import Plan, reading, synthesise


def study(**changes: Any) -> StudySettings:
    asked: dict[str, Any] = {
        "datasets": ("movietweetings",),
        "models": ("ngcf", "sgl"),
        "epochs": (10,),
    }
    return StudySettings(**(asked | changes))


def tuning(dataset: str = "movietweetings", **chosen: dict[str, Any]) -> TuningRecord:
    """Return a tuning of one trial for each model, of size 64 or what follows its `_`."""
    run = plan(study(), 1)[0].longest
    trials = {
        name: TrialRecord(number=0, state="complete", settings=settings, validation=0.2,
                          best_epoch=1, run_j=1.0, energy=reading("tune", 1.0))
        for name, settings in chosen.items()
    }  # fmt: skip
    models = [
        ModelTuning(model=name.partition("_")[0], embedding_size=int(name.partition("_")[2] or 64),
                    source="", trials=(trial,))
        for name, trial in trials.items()
    ]  # fmt: skip
    return TuningRecord(
        created_at="2026-11-27T00:00:00+00:00", dataset=dataset, fingerprint="", data=run.data,
        split=run.split, split_seed=1, preset="recommended", objective=("ndcg@10",),
        trials_per_model=1, epochs=10, seed=1, protocol={}, search="", machines=(),
        models=tuple(models),
    )  # fmt: skip


def store(record: TuningRecord, folder: Path) -> str:
    folder.mkdir()
    (folder / "tuning.json").write_text(record.model_dump_json())
    return str(folder)


def rates(**changes: Any) -> dict[str, float]:
    jobs = plan(study(**changes), 1)
    return {job.longest.model: job.longest.training.learning_rate for job in jobs}


def test_models_of_one_data_set_may_be_tuned_in_several_folders(tmp_path: Path) -> None:
    a = store(tuning(ngcf={"learning_rate": 0.011}, sgl_32={"learning_rate": 0.5}), tmp_path / "a")
    b = store(tuning(sgl={"learning_rate": 0.012}), tmp_path / "b")
    expected = {"ngcf": 0.011, "sgl": 0.012}
    assert rates(tuned=(a, b)) == rates(tuned=(b, a)) == expected
    # To say the same twice is no contradiction.
    again = store(tuning(sgl={"learning_rate": 0.012}), tmp_path / "again")
    assert rates(tuned=(a, b, again)) == expected
    other = store(tuning(sgl={"learning_rate": 0.013}), tmp_path / "other")
    with pytest.raises(InputError) as caught:
        rates(tuned=(a, b, other))
    assert f"--tuned {b} and {other} chose different settings for sgl d=64" in caught.value.message
    # It is nothing to models that both folders do not disagree on.
    assert rates(tuned=(a, b, other), models=("ngcf",)) == {"ngcf": 0.011}


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_data_may_be_named_by_another_path_than_when_they_were_tuned(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("orders").mkdir() if kind == "folder" else Path("orders").touch()
    folder = store(tuning("./orders", ngcf={"learning_rate": 0.011}), tmp_path / "t")
    for name in ("orders", str(tmp_path / "orders")):
        assert rates(tuned=(folder,), datasets=(name,), models=("ngcf",)) == {"ngcf": 0.011}
    with pytest.raises(InputError, match="`others` has no tuning"):
        rates(tuned=(folder,), datasets=("others",))


def test_of_two_tunings_that_chose_the_same_the_nearest_size_is_billed() -> None:
    [run] = synthesise([Plan("ngcf", 96, epochs=10)], n_users=20).records
    own = {"embedding_size": 96}
    summaries = [
        tuning(**{f"ngcf_{size}": own}).summary(str(size)).model_copy(
            update={"fingerprint": run.data.fingerprint}
        )
        for size in (64, 128)
    ]  # fmt: skip
    for order in (summaries, summaries[::-1]):
        assert bill_of(run, order).tuning.folder == "128"
