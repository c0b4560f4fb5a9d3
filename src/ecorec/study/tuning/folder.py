"""A tuning's folder, which is a study's folder as well: that of the chosen settings.

OUT/tuning.json        every trial, its settings, validation and energy; the chosen ones
OUT/trials.journal     the same as Optuna keeps it, a line at a time: where a tuning continues
OUT/study.json, runs/  the chosen settings, trained and tested once
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from ecorec.config import unusable
from ecorec.errors import StudyError
from ecorec.folders import write_whole
from ecorec.study.folder import TUNING_FILE
from ecorec.study.tuning.record import TuningRecord

JOURNAL = "trials.journal"


def read_tuning(folder: Path) -> TuningRecord:
    """Read what a tuning left.

    Raises:
        StudyError: There is none, or it is damaged.
    """
    file = folder / TUNING_FILE
    try:
        return TuningRecord.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        message = f"{folder} holds no tuning: it has no {TUNING_FILE}"
        raise StudyError(message, hint="give the folder that `ecorec tune … --out` wrote") from None
    except ValidationError as error:
        hint = f"remove it and tune again: the trials are in {JOURNAL}"
        raise unusable(file, error, hint) from None


class TuningFolder:
    """A tuning's folder that is being written to.

    Raises:
        StudyError: It holds something else, or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.exists() and not path.is_dir():
            message = f"--out {path} is a file"
            raise StudyError(message, hint="give a new folder, or one that holds a tuning")
        if path.is_dir() and any(path.iterdir()) and not self._is_begun():
            message = f"--out {path} is not empty and holds no tuning"
            raise StudyError(message, hint="give a new folder, or one that holds a tuning")

    def _is_begun(self) -> bool:
        return (self.path / TUNING_FILE).is_file() or (self.path / JOURNAL).is_file()

    @property
    def journal(self) -> Path:
        """Optuna's journal."""
        return self.path / JOURNAL

    def record(self) -> TuningRecord | None:
        """Return the record of the tuning, if the folder has one."""
        return read_tuning(self.path) if (self.path / TUNING_FILE).is_file() else None

    def write(self, record: TuningRecord) -> None:
        """Store what is known now."""
        write_whole(self.path / TUNING_FILE, record.model_dump_json(indent=1))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other tunings out of the folder during the body; repair a half-written journal."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = self.journal.open("ab")
        except OSError as error:
            message = f"--out {self.path} cannot be written: {error.strerror}"
            raise StudyError(message, hint="give a folder that you may write to") from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                message = f"another tuning is writing to {self.path}"
                raise StudyError(message, hint="wait for it, or give another --out") from None
            _drop_half_a_line(self.journal)
            yield


def _drop_half_a_line(file: Path) -> None:
    """Cut a file after its last whole line, because Optuna refuses to read half a line."""
    text = file.read_bytes()
    whole = text.rfind(b"\n") + 1
    if whole < len(text):
        with file.open("r+b") as stream:
            stream.truncate(whole)
