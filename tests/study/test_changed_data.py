"""A file that is cut between two runs is two data sets, and is told as two."""

import re
from pathlib import Path

from ecorec.study.checks import check_data
from ecorec.study.plan import plan
from ecorec.study.settings import StudySettings
from tests.cli.invoke import ecorec

ROWS = [f"u{user},i{(user * 7 + item * item) % 40}" for user in range(60) for item in range(12)]
WORDS = ("run", "ch.csv", "--models", "popularity", "--topk", "5,10", "--out", "och")


def test_a_file_that_changed_is_named_and_its_tables_can_be_told_apart(tmp_path: Path) -> None:
    whole, cut = [*dict.fromkeys(ROWS)], [*dict.fromkeys(ROWS[:400])]
    note = (
        f"note: ch.csv has changed since 20\\d\\d-\\d\\d-\\d\\d: {len(whole)} interactions then, "
    )
    note += f"{len(cut)} now; both stand in och and are not compared"
    said = []
    for rows in (whole, whole, cut, cut):
        (tmp_path / "ch.csv").write_text("\n".join(["user,item", *rows]))
        done = ecorec(*WORDS, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        said.append([line for line in done.stderr.splitlines() if line.startswith("note:")])
    assert [len(lines) for lines in said] == [0, 0, 1, 0]
    assert re.fullmatch(note, said[2][0])
    headings = {f"ch.csv, {len(rows)} interactions" for rows in (whole, cut)}
    shown = ecorec("results", "och", cwd=tmp_path).stdout
    assert headings <= {line.strip() for line in shown.splitlines()}


def test_other_filters_are_no_change_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "ch.csv").write_text("\n".join(["user,item", *ROWS]))
    assert "note:" not in ecorec(*WORDS, cwd=tmp_path).stderr
    assert "note:" not in ecorec(*WORDS, "--k-core", "11", cwd=tmp_path).stderr


def test_lines_that_moved_into_a_validation_file_make_other_runs(tmp_path: Path) -> None:
    lines = [f"{user} {' '.join(str((user + k) % 30) for k in range(12))}" for user in range(30)]
    (tmp_path / "test.txt").write_text("\n".join(f"{user} 30" for user in range(30)))
    stated = {"datasets": [str(tmp_path)], "models": ["popularity"], "split": "given"}
    jobs = plan(StudySettings.parse(stated | {"topk": [10]}, "the study"), 1)
    ids = []
    for n_train in (30, 25):
        (tmp_path / "train.txt").write_text("\n".join(lines[:n_train]))
        if lines[n_train:]:
            (tmp_path / "valid.txt").write_text("\n".join(lines[n_train:]))
        fingerprint = check_data(jobs, None).fingerprints[jobs[0].longest.model_dump_json()]
        ids.append(jobs[0].longest.run_id(fingerprint))
    assert ids[0] != ids[1]
