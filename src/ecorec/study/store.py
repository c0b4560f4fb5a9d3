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
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt, ValidationError

from ecorec.config import Config, ConfigT
from ecorec.energy.embodied import EmbodiedSettings
from ecorec.energy.emissions import GridSettings
from ecorec.energy.hardware import Hardware
from ecorec.energy.idle import IdleBaseline
from ecorec.energy.reading import Reading
from ecorec.errors import StudyError
from ecorec.folders import write_whole
from ecorec.planning.calibration import Calibration
from ecorec.serving.record import ServingRecord
from ecorec.serving.store import read_serving
from ecorec.study.record import SCHEMA_VERSION, RunRecord
from ecorec.study.tuning.record import TuningSummary

if TYPE_CHECKING:
    import polars as pl

UNFINISHED = ".unfinished-"
TUNING_FILE = "tuning.json"
"""In a folder whose settings were tuned there."""


class NotRun(Config):
    """A training that a budget left out or stopped."""

    label: str
    """What people call it, e.g. `lightgcn d=64 seed 1`."""
    dataset: str
    run_id: str
    """Of the whole run, as it was asked for."""
    epochs: NonNegativeInt
    """That were asked for; 0 for a fit in closed form."""
    epochs_done: NonNegativeInt = 0
    """That it was stopped after; its best epoch until then was tested, as a shorter run."""
    needs: NonNegativeFloat
    """What it would have taken from there, by forecast, in the budget's unit."""


class Dropped(Config):
    """A training that successive halving left behind: its state is kept, nothing is tested."""

    label: str
    """Of its configuration, apart from others of the grid, e.g. `lightgcn d=64 l2_weight=0.1`."""
    seed: int | None
    dataset: str
    run_id: str
    """Of the whole run, as it was asked for."""
    epochs: PositiveInt
    """That were asked for."""
    epochs_done: PositiveInt
    """After which it was left."""
    validation: float
    """Its best until then, of the metric that selects."""
    energy: Reading
    """What it took."""


class StudyInfo(Config):
    """What belongs to a study rather than to one of its runs."""

    schema_version: Literal[1] = SCHEMA_VERSION
    name: str
    description: str
    preset: str
    metric: str
    """The metric that selects epochs and sorts tables."""
    grid: GridSettings
    embodied: EmbodiedSettings = Field(default_factory=EmbodiedSettings)
    """What is assumed of the machine's making."""
    created_at: str
    """ISO 8601, UTC."""
    machines: tuple[Hardware, ...]
    """Every machine that took part, newest last."""
    warmups: tuple[Reading, ...] = ()
    """Compiling and importing, once a session: apart from every run."""
    idle: tuple[IdleBaseline, ...] = ()
    """The idle machine before and after each session; dynamic energy is a view of these."""
    calibrations: tuple[Calibration, ...] = ()
    """Rates of each machine, boot and number of threads; shares of the roof are a view of these."""
    tunings: tuple[TuningSummary, ...] = ()
    """How settings were chosen that its runs use, and what that cost."""
    budget: str | None = None
    """The budget of the last session, as it was stated."""
    budget_words: str = ""
    """What of it was spent, in words."""
    not_run: tuple[NotRun, ...] = ()
    """What the budget left out; empty once everything has been run."""
    halving: PositiveInt | None = None
    """One training in so many went on at each rung, in the last session."""
    dropped: tuple[Dropped, ...] = ()
    """What halving left behind, whose energy is in no run."""
    waiting: str = "unknown"
    """Whether idle threads sleep (`passive`) or spin, which is billed as work."""


@dataclass(frozen=True)
class StoredStudy:
    """A study as it was read from its folder."""

    path: Path
    info: StudyInfo
    records: list[RunRecord]

    def per_user(self, run_id: str) -> "pl.DataFrame":
        """Return the test metrics of each user of a run."""
        import polars as pl

        return pl.read_parquet(self.path / "runs" / run_id / "per_user.parquet")

    def serving(self, run_id: str) -> list[ServingRecord]:
        """Return what is known of a run under load, oldest first; empty if nothing is.

        Raises:
            StudyError: A measurement is damaged.
        """
        return read_serving(self.path / "runs" / run_id)

    @cached_property
    def served(self) -> dict[str, list[ServingRecord]]:
        """Return the measurements of every run that was ever under load, by run id."""
        runs = dict.fromkeys(record.run_id for record in self.records)
        return {run_id: found for run_id in runs if (found := self.serving(run_id))}


def read_study(path: Path) -> StoredStudy:
    """Read a study and all its records.

    Raises:
        StudyError: The folder holds no study, or a record is damaged.
    """
    if not (path / "study.json").is_file():
        message = f"{path} holds no study: it has no study.json"
        raise StudyError(message, hint="give the folder that `ecorec run … --out` wrote")
    info = _parse(StudyInfo, path / "study.json")
    records = [
        _parse(RunRecord, file)
        for folder in sorted((path / "runs").glob("*"))
        if folder.is_dir() and not folder.name.startswith(UNFINISHED)
        for file in (folder / "record.json", *sorted((folder / "measurements").glob("*.json")))
    ]
    return StoredStudy(path, info, records)


def read_record(run_folder: Path) -> RunRecord:
    """Read one run's record.

    Raises:
        StudyError: There is none, or it is damaged.
    """
    if not (run_folder / "record.json").is_file():
        message = f"{run_folder} holds no run: it has no record.json"
        raise StudyError(message, hint="give a run's folder in a study: OUT/runs/<run_id>")
    return _parse(RunRecord, run_folder / "record.json")


def _parse(kind: type[ConfigT], file: Path) -> ConfigT:
    try:
        return kind.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        message = f"{file} does not exist"
        raise StudyError(message, hint="remove its folder and start the study again") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        message = f"{file} is damaged: {where}: {first['msg']}"
        hint = "restore it from a copy, or remove its folder and start the study again"
        raise StudyError(message, hint=hint) from None


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
        if occupied and not known:
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
        return _parse(StudyInfo, file) if file.is_file() else None

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
        return [_parse(RunRecord, file) for file in files]

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
            # The run is known; what is new is one more measurement of it.
            record = RunRecord.model_validate_json((unfinished / "record.json").read_bytes())
            (final / "measurements").mkdir(exist_ok=True)
            target = final / "measurements" / f"{record.measurement_id}.json"
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


def read_json(file: Path) -> dict[str, Any]:
    """Read a JSON object."""
    values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return values
