"""A study and its records as they are read from its folder."""

import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from ecorec.config import Config, unusable
from ecorec.errors import StudyError
from ecorec.serving.record import ServingRecord
from ecorec.serving.store import read_serving
from ecorec.study.info import StudyInfo
from ecorec.study.record import RunRecord

if TYPE_CHECKING:
    import polars as pl

Kind = TypeVar("Kind", bound=Config)

UNFINISHED = ".unfinished-"
"""What the name of a run's folder begins with until it is whole."""


@dataclass(frozen=True)
class StoredStudy:
    """A study as it was read from its folder."""

    path: Path
    info: StudyInfo
    records: list[RunRecord]

    def per_user(self, run_id: str) -> "pl.DataFrame":
        """Return the test metrics of each user of a run.

        Raises:
            StudyError: Their file is missing or damaged.
        """
        import polars as pl

        file = self.path / "runs" / run_id / "per_user.parquet"
        if not file.is_file():
            raise StudyError(f"{file} is missing", hint=mending(file))
        try:
            with file.open("rb") as stream:
                return pl.read_parquet(stream)
        except pl.exceptions.PolarsError:
            raise StudyError(f"{file} is damaged", hint=mending(file)) from None

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
        if has_runs(path):
            message = f"{path} has runs but no study.json"
            hint = "give the command of `ecorec run` again: it is made anew, finished runs are kept"
            raise StudyError(message, hint=hint)
        message = f"{path} holds no study: it has no study.json"
        raise StudyError(message, hint="give the folder that `ecorec run … --out` wrote")
    info = parse_file(StudyInfo, path / "study.json")
    return StoredStudy(path, info, finished(path))


def finished(path: Path) -> list[RunRecord]:
    """Return every measurement of every finished run in a study's folder, by run id.

    Raises:
        StudyError: A record is missing or damaged.
    """
    return [
        parse_file(RunRecord, file)
        for folder in sorted((path / "runs").glob("*"))
        if folder.is_dir() and not folder.name.startswith(UNFINISHED)
        for file in (folder / "record.json", *sorted((folder / "measurements").glob("*.json")))
    ]


def read_record(run_folder: Path) -> RunRecord:
    """Read one run's record.

    Raises:
        StudyError: There is none, or it is damaged.
    """
    if not (run_folder / "record.json").is_file():
        if (run_folder / "study.json").is_file():
            message = f"{run_folder} is a study, not one of its runs"
            raise StudyError(
                message, hint=f"which to take: ecorec choose {shlex.quote(str(run_folder))}"
            )
        message = f"{run_folder} holds no run: it has no record.json"
        raise StudyError(message, hint="give a run's folder in a study: OUT/runs/<run_id>")
    return parse_file(RunRecord, run_folder / "record.json")


def parse_file(kind: type[Kind], file: Path) -> Kind:
    """Read one of a study's JSON files.

    Args:
        kind: What it holds.
        file: Its path.

    Raises:
        StudyError: It does not exist, or is damaged.
    """
    try:
        return kind.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        raise StudyError(f"{file} is missing", hint=mending(file)) from None
    except ValidationError as error:
        raise unusable(file, error, mending(file)) from None


def has_runs(path: Path) -> bool:
    """Return whether a folder holds finished runs of a study, whatever became of the rest."""
    found = path.glob("runs/*/record.json")
    return any(not file.parent.name.startswith(UNFINISHED) for file in found)


def mending(file: Path) -> str:
    """Return what to do about a file of a study that is damaged or missing, with the least loss."""
    if file.name == "study.json":
        kept = f"finished runs in {file.parent / 'runs'} are kept"
        return f"move study.json aside and give the same command again: {kept}"
    if file.parent.name == "measurements":
        return "restore it, or remove it and give the command again: it alone is measured anew"
    again = f"restore it, or remove {file.parent} and give the command again"
    return f"{again}: that run alone is repeated"
