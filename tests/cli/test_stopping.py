"""A stopped command ends as a stop, whatever becomes of the signal's exception on its way out."""

import ctypes
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, model_serializer

from ecorec.cli import stopping
from ecorec.cli.stopping import stoppable

ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)


class _Interrupted(BaseModel):
    """Settings in whose serialiser a signal arrives."""

    number: int

    @model_serializer(mode="wrap")
    def _serialise(self, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        os.kill(os.getpid(), self.number)
        return handler(self)


@pytest.mark.parametrize(
    ("number", "word"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "stopped")]
)
def test_a_signal_that_a_library_turns_into_its_own_error_is_a_stop(
    number: signal.Signals, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    handlers = [signal.getsignal(one) for one in ALL]
    with pytest.raises(SystemExit) as end, stoppable("all is kept", "goes on", lambda: "more"):
        _Interrupted(number=number).model_dump_json()
    assert end.value.code == 128 + number
    told = capsys.readouterr().err.split("\n")
    assert told == ["", f"{word}: all is kept", "more", "hint: the same command again goes on", ""]
    assert [signal.getsignal(one) for one in ALL] == handlers


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_a_callback_loses_is_raised_again(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ctypes prints what a callback raises, and goes on; so do finalisers."""
    monkeypatch.setattr(stopping, "AGAIN_S", 0.1)
    lost = ctypes.CFUNCTYPE(None)(lambda: os.kill(os.getpid(), number))
    steps = []

    def body() -> None:
        lost()
        steps.append("went on")
        time.sleep(30)
        steps.append("came to its end")

    with pytest.raises(SystemExit) as end, stoppable("all is kept", "goes on"):
        body()
    assert end.value.code == 128 + number
    assert steps == ["went on"]


def test_what_is_cleared_up_is_not_stopped_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "AGAIN_S", 0.05)
    cleared = []

    def body() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            time.sleep(0.3)
            cleared.append("all")

    with pytest.raises(SystemExit), stoppable("all is kept", "goes on"):
        body()
    assert cleared == ["all"]


def test_an_error_without_a_signal_is_an_error() -> None:
    with pytest.raises(ValueError, match="of its own"), stoppable("all is kept", "goes on"):
        raise ValueError("of its own")


def test_ctrl_c_stays_ignored_where_a_shell_has_it_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stoppable("all is kept", "goes on"):
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
