"""What is known of a stored index, with the hashes that its files must have to be loaded."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt, ValidationError

from ecorec.config import Config, unusable
from ecorec.energy.reading import Reading
from ecorec.errors import InputError
from ecorec.models.served import FoldInRule
from ecorec.serving.index import Kind

FILE = "manifest.json"
REBUILD = "build it again: ecorec index RUN"


class StoredFile(Config):
    """A file beside the manifest."""

    name: str
    sha256: str
    size_bytes: NonNegativeInt


class RecallAtK(Config):
    """How much of the exact lists an index finds."""

    k: PositiveInt
    recall: NonNegativeFloat
    """Mean over users of the share of the exact first k that are among the index's first k."""
    n_users: PositiveInt
    """Users that were compared."""


class Manifest(Config):
    """Everything about a stored index except its arrays."""

    format_version: Literal[1] = 1
    kind: Kind
    run_id: str
    model: str
    dataset: str
    fingerprint: str
    """Hash of the interactions that the run was trained on."""
    n_users: PositiveInt
    n_items: PositiveInt
    tie_seed: int
    """Seed of the hash that orders equal scores."""
    list_length: PositiveInt | None = None
    """Items of each stored list; `None` for kinds that compute their lists."""
    fold_in: FoldInRule | None = None
    """How unknown users get a vector; `None` for kinds without vectors."""
    of_histories: bool | None = None
    """Whether any history can be scored; `None` for other kinds than `sparse`."""
    index_bytes: NonNegativeInt
    """Memory of its arrays."""
    created_at: str
    """ISO 8601, UTC."""
    ecorec_version: str
    files: tuple[StoredFile, ...]
    build: Reading | None = None
    """What building it took."""
    recall: tuple[RecallAtK, ...] = ()
    """Recall against the model's own full ranking; empty if it was not measured."""

    @property
    def version(self) -> str:
        """A short name of the index's content: indices with equal names give equal answers."""
        hashes = "".join(file.sha256 for file in self.files)
        return hashlib.sha256(hashes.encode()).hexdigest()[:12]


def describe_files(folder: Path, names: Iterable[str]) -> tuple[StoredFile, ...]:
    """Return size and hash of files in a folder."""
    return tuple(
        StoredFile(
            name=name, sha256=sha256(folder / name), size_bytes=(folder / name).stat().st_size
        )
        for name in names
    )


def read_manifest(folder: Path) -> Manifest:
    """Read what is known of a stored index, and check its files against their hashes.

    Raises:
        InputError: There is none, or a file is missing or not the one that was written.
    """
    file = folder / FILE
    try:
        manifest = Manifest.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        message = f"{folder} holds no index: it has no {FILE}"
        raise InputError(message, hint="build one: ecorec index RUN") from None
    except ValidationError as error:
        raise unusable(file, error, REBUILD) from None
    for stored in manifest.files:
        _check(folder, stored)
    return manifest


def _check(folder: Path, stored: StoredFile) -> None:
    file = folder / stored.name
    if not file.is_file():
        raise InputError(f"{file} is missing from the index", hint=REBUILD)
    found = sha256(file)
    if found != stored.sha256:
        size = file.stat().st_size
        message = (
            f"{file} is not the file that was written: sha256 {found} ({size:,} bytes), "
            f"expected {stored.sha256} ({stored.size_bytes:,} bytes)"
        )
        raise InputError(message, hint=REBUILD)


def sha256(file: Path) -> str:
    """Return the hash of a file's content."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
