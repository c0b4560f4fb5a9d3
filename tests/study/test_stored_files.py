"""Stored files that are damaged, missing or of another version: what is said, and what it costs."""

import json
import shutil
from pathlib import Path

import pytest

from ecorec.errors import StudyError
from ecorec.study.folder import StudyFolder
from ecorec.study.store import read_study
from ecorec.version import VERSION
from tests.analysis.records import Plan, synthesise
from tests.cli.invoke import ecorec
from tests.study.test_study import run

pytestmark = pytest.mark.xdist_group("stored")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "s"
    run(folder)
    return folder


@pytest.fixture
def study(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "s")
    return tmp_path / "s"


def first_run(study: Path) -> Path:
    return sorted((study / "runs").glob("[0-9a-f]*"))[0]


@pytest.mark.parametrize("name", ["study.json", "record.json"])
def test_a_file_of_a_newer_version_is_not_called_damaged(name: str, study: Path) -> None:
    file = study / name if name == "study.json" else first_run(study) / name
    file.write_text(json.dumps(json.loads(file.read_text()) | {"schema_version": 2, "new": 1}))
    with pytest.raises(StudyError) as caught:
        read_study(study)
    words = f"{file} was written by a newer ecorec (format 2; this one, {VERSION}, reads 1)"
    assert caught.value.message == words
    assert caught.value.hint == "use that ecorec; nothing is damaged"


def test_a_key_that_is_not_known_is_named_and_nothing_is_advised_to_be_deleted(study: Path) -> None:
    file = first_run(study) / "record.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"sunshine": 1}))
    with pytest.raises(StudyError, match="has `sunshine`, which this ecorec") as caught:
        read_study(study)
    assert caught.value.hint == "if a newer ecorec wrote it, use that one; nothing is damaged"


@pytest.mark.parametrize("how", ["damaged", "gone"])
def test_finished_runs_outlive_the_studys_own_file(how: str, study: Path) -> None:
    before = {file: file.read_bytes() for file in study.glob("runs/*/record.json")}
    assert len(before) == 2
    machines = read_study(study).info.machines
    if how == "damaged":
        (study / "study.json").write_text("{")
        with pytest.raises(StudyError) as caught:
            run(study)
        assert caught.value.hint == (
            "move study.json aside and give the same command again: finished runs in "
            f"{study / 'runs'} are kept"
        )
    (study / "study.json").unlink()
    with pytest.raises(StudyError, match=r"has runs but no study.json") as caught:
        read_study(study)
    assert "give the command of `ecorec run` again" in (caught.value.hint or "")
    again, labels = run(study)
    assert labels == []
    assert {file: file.read_bytes() for file in before} == before
    assert again.info.machines == machines
    assert again.info.created_at == min(record.created_at for record in again.records)


def test_only_the_damaged_run_is_to_be_removed(study: Path) -> None:
    folder = first_run(study)
    (folder / "record.json").write_text("{")
    with pytest.raises(StudyError) as caught:
        read_study(study)
    assert caught.value.hint == (
        f"restore it, or remove {folder} and give the command again: that run alone is repeated"
    )
    shutil.rmtree(folder)
    _, labels = run(study)
    assert len(labels) == 1


@pytest.mark.parametrize("command", ["results", "report", "choose"])
@pytest.mark.parametrize(("content", "what"), [(None, "is missing"), (b"PAR", "is damaged")])
def test_metrics_of_users_that_cannot_be_read_are_named(
    command: str, content: bytes | None, what: str, study: Path
) -> None:
    for file in study.glob("runs/*/per_user.parquet"):
        file.unlink()
        if content is not None:
            file.write_bytes(content)
    done = ecorec(command, str(study))
    assert done.returncode == 2
    error, hint = done.stderr.splitlines()
    assert error.startswith(f"error: {study / 'runs'}/")
    assert error.endswith(f"per_user.parquet {what}")
    assert hint.startswith("hint: restore it, or remove ")
    assert hint.endswith(" and give the command again: that run alone is repeated")


def test_a_measurement_is_never_replaced_by_another_of_its_id(tmp_path: Path) -> None:
    folder, days = StudyFolder(tmp_path / "s"), ["21", "22", "23"]
    [record] = synthesise([Plan("bpr-mf", 64)], n_users=20).records
    for day in days:
        later = record.model_copy(update={"created_at": f"2026-11-{day}T00:00:00+00:00"})
        with folder.new_run(record.run_id) as run:
            (run / "record.json").write_text(later.model_dump_json())
    assert [known.created_at[8:10] for known in folder.records()] == days
