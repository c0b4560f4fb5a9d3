"""Measurements of serving, stored in the folder of their run: RUN/serving/<serving_id>.json."""

from pathlib import Path
from tempfile import TemporaryFile

from pydantic import ValidationError

from ecorec.config import unusable
from ecorec.errors import StudyError
from ecorec.folders import write_whole
from ecorec.serving.record import ServingRecord

FOLDER = "serving"


def write_serving(run_folder: Path, record: ServingRecord) -> Path:
    """Store a measurement in a file of its own and return its path; no other file is touched."""
    folder = run_folder / FOLDER
    folder.mkdir(exist_ok=True)
    target = folder / f"{record.serving_id}.json"
    write_whole(target, record.model_dump_json(indent=1))
    return target


def check_writable(run_folder: Path) -> None:
    """Make sure, before anything is measured, that a measurement can be stored.

    Raises:
        StudyError: It cannot.
    """
    folder = run_folder / FOLDER
    try:
        folder.mkdir(exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        message = f"{folder} cannot be written: {error.strerror}"
        hint = "copy the study to a folder that you may write to"
        raise StudyError(message, hint=hint) from None


def read_serving(run_folder: Path) -> list[ServingRecord]:
    """Return the measurements of a run, oldest first; none if it was never under load.

    Raises:
        StudyError: One of them is damaged.
    """
    found = [_parse(file) for file in sorted((run_folder / FOLDER).glob("*.json"))]
    return sorted(found, key=lambda record: (record.created_at, record.serving_id))


def _parse(file: Path) -> ServingRecord:
    try:
        return ServingRecord.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise unusable(file, error, "remove it, and measure again: ecorec stress RUN") from None
