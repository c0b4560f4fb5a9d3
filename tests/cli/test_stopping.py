"""A stopped command ends as a stop, whatever becomes of the signal's exception on its way out."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, model_serializer

from ecorec.cli.stopping import stoppable


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
    handlers = [signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)]
    with pytest.raises(SystemExit) as end, stoppable("all is kept", "goes on", lambda: "more"):
        _Interrupted(number=number).model_dump_json()
    assert end.value.code == 128 + number
    told = capsys.readouterr().err.split("\n")
    assert told == ["", f"{word}: all is kept", "more", "hint: the same command again goes on", ""]
    assert [signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)] == handlers


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
