"""What the system refuses reaches people as one error and one hint, wherever it happened."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ecorec.cli.file_errors import in_our_words
from tests.cli.invoke import ecorec
from tests.study.test_study import run

pytestmark = pytest.mark.xdist_group("stored")

WRITE = "hint: copy the study to a folder that you may write to"
READ = "hint: give a path that is there and that you may read"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    run(tmp_path / "s", models=("itemknn",))
    return tmp_path / "s"


def test_a_report_that_cannot_be_written(study: Path) -> None:
    # A folder in the place of the file fails for root as well, who may write anywhere.
    (study / ".report.html.unfinished").mkdir()
    done = ecorec("report", str(study))
    assert done.returncode == 2
    error = f"error: {study}/report.html cannot be written: Is a directory"
    assert done.stderr.splitlines()[-2:] == [error, WRITE]


def test_a_record_that_cannot_be_read(study: Path) -> None:
    (file,) = study.glob("runs/*/record.json")
    file.unlink()
    file.mkdir()
    for command in ("results", "choose"):
        done = ecorec(command, str(study))
        assert done.returncode == 2
        error = f"error: {file} cannot be read: Is a directory"
        assert done.stderr.splitlines() == [error, READ]


def test_load_is_not_measured_where_it_cannot_be_stored(study: Path) -> None:
    (folder,) = study.glob("runs/[0-9a-f]*")
    (folder / "serving").write_text("not a folder")
    done = ecorec("stress", str(folder), "--no-http", "--window-s", "0.1")
    assert done.returncode == 2
    error = f"error: {folder}/serving cannot be written: File exists"
    assert done.stderr.splitlines()[-2:] == [error, WRITE]
    assert not (folder / "index").exists(), "an index was built first"


@pytest.mark.parametrize(
    ("code", "name", "words"),
    [
        (errno.EACCES, "new.html", "new.html cannot be written: Permission denied"),
        (errno.EACCES, ".new.html.unfinished", "new.html cannot be written: Permission denied"),
        (errno.EROFS, "there", "there cannot be written: Read-only file system"),
        (errno.ENOSPC, "there", "there cannot be written: No space left on device"),
        (errno.ENOENT, "gone", "gone cannot be read: No such file or directory"),
    ],
)
def test_writing_and_reading_are_told_apart(code, name, words, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("")
    told = in_our_words(OSError(code, os.strerror(code), str(tmp_path / name)))
    assert told is not None
    assert told.message == f"{tmp_path}/{words}"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_it_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "x").touch(mode=0)
    told = in_our_words(PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "x")))
    assert told is not None
    assert told.message == f"{tmp_path}/x cannot be read: Permission denied"


def test_what_is_of_no_file_is_no_error_of_a_file() -> None:
    assert in_our_words(OSError(errno.ECHILD, "No child processes")) is None


INTERRUPTS = """
import os, signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["INTERRUPTED_AT"]:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
"""


@pytest.mark.parametrize("module", ["ecorec.cli.main", "ecorec.cli.words", "polars"])
def test_ctrl_c_while_it_is_imported_is_one_word(module: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTS)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "ecorec", "data", "show", "synthetic:block"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "INTERRUPTED_AT": module},
    )
    assert done.stderr.strip() == "interrupted"
    assert done.returncode == 128 + signal.SIGINT
