"""A study's folder: records that appear whole or not at all, and are never rewritten.

OUT/study.json                       name, protocol, machines, warm-up, idle machine, rates
OUT/runs/<run_id>/record.json        the run's first measurement
OUT/runs/<run_id>/measurements/…     further ones: repeats, other threads, other machines
OUT/runs/<run_id>/per_user.parquet   test metrics of each user
OUT/runs/<run_id>/model.safetensors  parameters of the tested epoch
OUT/runs/<run_id>/emissions.csv      CodeCarbon's own file
OUT/runs/<run_id>/index/KIND/        what `ecorec index` built
OUT/runs/<run_id>/serving/…          the run under load, one file a measurement
OUT/states/<run_id>-<conditions>/    where an interrupted run continues
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path

from ecorec.errors import StudyError
from ecorec.folders import write_whole
from ecorec.study.info import StudyInfo
from ecorec.study.record import RunRecord
from ecorec.study.store import UNFINISHED, finished, has_runs, parse_file

TUNING_FILE = "tuning.json"
"""The file that makes a study's folder one of a tuning, too."""


class StudyFolder:
    """A study's folder that is being written to.

    Raises:
        StudyError: It cannot be written, holds something else, or another study is writing to it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.exists() and not path.is_dir():
            message = f"--out {path} is a file"
            raise StudyError(message, hint="give a new folder, or one that holds a study")
        occupied = path.is_dir() and any(path.iterdir())
        known = any((path / name).is_file() for name in ("study.json", TUNING_FILE))
        if occupied and not known and not has_runs(path):
            message = f"--out {path} is not empty and holds no study"
            raise StudyError(message, hint="give a new folder, or one that holds a study")
        try:
            (path / "runs").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"--out {path} cannot be written: {error.strerror}"
            raise StudyError(message, hint="give a folder that you may write to") from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other studies out of the folder for the body."""
        with (self.path / "runs" / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                message = f"another study is writing to {self.path}"
                raise StudyError(message, hint="wait for it, or give another --out") from None
            for left in (self.path / "runs").glob(f"{UNFINISHED}*"):
                shutil.rmtree(left)
            yield

    def info(self) -> StudyInfo | None:
        """Return what the folder knows of its study, if it has one."""
        file = self.path / "study.json"
        return parse_file(StudyInfo, file) if file.is_file() else None

    def records(self) -> list[RunRecord]:
        """Return every measurement of every run, the oldest first."""
        return sorted(finished(self.path), key=lambda record: record.created_at)

    def write_info(self, info: StudyInfo) -> None:
        """Store what belongs to the study."""
        write_whole(self.path / "study.json", info.model_dump_json(indent=2))

    def run_folder(self, run_id: str) -> Path:
        """Return where a run's files are."""
        return self.path / "runs" / run_id

    def records_of(self, run_id: str) -> list[RunRecord]:
        """Return every measurement of a run, none if it has not been run."""
        folder = self.run_folder(run_id)
        if not (folder / "record.json").exists():
            return []
        files = (folder / "record.json", *sorted((folder / "measurements").glob("*.json")))
        return [parse_file(RunRecord, file) for file in files]

    @contextmanager
    def new_run(self, run_id: str) -> Iterator[Path]:
        """Yield a folder to fill; it becomes the run's once the body is through."""
        unfinished = self.path / "runs" / f"{UNFINISHED}{run_id}"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        try:
            yield unfinished
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        final = self.run_folder(run_id)
        if final.exists():
            # The run is there already: this is one more measurement of it.
            record = RunRecord.model_validate_json((unfinished / "record.json").read_bytes())
            (final / "measurements").mkdir(exist_ok=True)
            target = _free(final / "measurements" / f"{record.measurement_id}.json")
            (unfinished / "record.json").replace(target)
            shutil.rmtree(unfinished)
        else:
            unfinished.replace(final)

    def state_folder(self, run_id: str, conditions: str) -> Path:
        """Return where an interrupted run keeps what it needs to continue.

        Args:
            run_id: The run.
            conditions: Hash of how it is measured: joules of other threads are not carried over.
        """
        return self.path / "states" / f"{run_id}-{conditions}"


def _free(file: Path) -> Path:
    """Return a file that does not exist: this one, or one beside it with a number."""
    numbered = (file.with_stem(f"{file.stem}-{n}") for n in count(2))
    return next(one for one in chain([file], numbered) if not one.exists())
