"""The one question, in a real terminal: a long study may be declined, and nothing else waits."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ecorec.cli import asking
from tests.cli.invoke import ecorec
from tests.study.test_study import small

WORDS = ("run", "--datasets", "synthetic:block?users=90", "--models", "lightgcn",
         "--embedding-sizes", "8")  # fmt: skip
LONG = ("--epochs", "9000000")
SHORT = ("--epochs", "1")


def typed(answers: list[str], *words: str, cwd: Path) -> tuple[int, str]:
    """Run `ecorec` in a terminal, answer each question, and return exit code and what it showed."""
    ours, theirs = pty.openpty()
    program = "from ecorec.cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words],
        cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs,
        env=os.environ | {"TERM": "dumb", "COLUMNS": "200"},
    )  # fmt: skip
    os.close(theirs)
    shown, left, asked = "", list(answers), 0
    end_s = time.monotonic() + 300
    while time.monotonic() < end_s:
        if select.select([ours], [], [], 0.2)[0]:
            try:
                found = os.read(ours, 4096)
            except OSError:  # Linux says so when the other end is closed
                break
            if not found:
                break
            shown += found.decode(errors="replace")
        elif process.poll() is not None:
            break
        if shown.count("[Y/n]") > asked and left:
            asked += 1
            os.write(ours, left.pop(0).encode())
    code = process.wait(60)
    os.close(ours)
    return code, shown


def test_a_long_study_is_declined_and_leaves_nothing(tmp_path: Path) -> None:
    code, shown = typed(["what\n", "n\n"], *WORDS, *LONG, cwd=tmp_path)
    assert code == 1, shown
    assert shown.count("Start? [Y/n]") == 2
    assert "Forecast for 1 training: " in shown
    assert "nothing was run" in shown
    assert "hint: --budget 20kJ" in shown
    assert [*tmp_path.iterdir()] == []


@pytest.mark.slow
def test_the_end_of_input_is_no(tmp_path: Path) -> None:
    code, shown = typed(["\x04"], *WORDS, *LONG, cwd=tmp_path)
    assert (code, [*tmp_path.iterdir()]) == (1, []), shown


@pytest.mark.slow
@pytest.mark.parametrize(("more", "forecasts"), [((), 1), (("--yes",), 0), (("--budget", "1h"), 0)])
def test_a_short_study_is_not_asked_about(tmp_path: Path, more, forecasts: int) -> None:
    code, shown = typed([], *WORDS, *SHORT, *more, cwd=tmp_path)
    assert code == 0, shown
    assert shown.count("Forecast for 1 training: ") == forecasts or more[0] == "--budget"
    assert "[Y/n]" not in shown
    assert (tmp_path / "ecorec-study" / "report.html").exists()


def test_what_cannot_be_forecast_is_started_without_asking(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asking.agreed(small(device="cuda"), tmp_path / "s", None)
    assert "no forecast: --device cuda cannot be forecast" in capsys.readouterr().err


def test_a_pipe_is_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "empty").open("w+") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert not asking.may_ask()


def test_a_forecast_has_nothing_to_ask() -> None:
    assert "--yes" not in ecorec("forecast", "--help").stdout
    assert "--yes" in ecorec("run", "--help").stdout
