"""From a known data set to a file on this machine: bundled, local, or fetched and verified."""

import os
from importlib import resources
from pathlib import Path

import pooch
import requests

from ecorec.data.catalogue import CATALOGUE, CatalogueEntry
from ecorec.errors import DataError
from ecorec.folders import cache_folder


def locate(entry: CatalogueEntry, data_path: Path | None) -> Path:
    """Return the file of a known data set, downloading it only if it is nowhere else.

    Args:
        entry: Row of the catalogue.
        data_path: A file, or a folder that is searched with its subfolders; the environment
            variable `ECOREC_DATA` if not given.

    Raises:
        DataError: It cannot be found or fetched; the message says where to get it.
    """
    if entry.bundled:
        # Also where a path is told: a study may compare a bundled set with one from there.
        return Path(str(resources.files("ecorec.data") / "bundled" / f"{entry.name}.parquet"))
    told = data_path or (Path(os.environ["ECOREC_DATA"]) if os.environ.get("ECOREC_DATA") else None)
    if told is not None and told.is_file():
        _refuse_another_set(told, entry)
        return told
    if told is not None:
        if not told.is_dir():
            message = f"{told} does not exist"
            raise DataError(
                message, hint="--data-path takes a file or a folder that holds the data set"
            )
        found = _search(told, entry)
        if found is not None:
            return found
    if entry.url is None:
        message = f"`{entry.name}` cannot be downloaded: {entry.licence}"
        hint = (
            f"get {entry.how_to_get}, then --data-path FILE (looked for: {', '.join(entry.files)})"
        )
        raise DataError(message, hint=hint)
    return fetch(entry)


def _refuse_another_set(file: Path, entry: CatalogueEntry) -> None:
    """A study of several sets must not read them all from the one file that was told."""
    others = [other for other in CATALOGUE.values() if file.name in other.files]
    if others and entry not in others:
        message = f"{file} is a file of `{others[0].name}`, not of `{entry.name}`"
        hint = "give --data-path the folder that holds both, each in a folder of its name"
        raise DataError(message, hint=hint)


def _search(folder: Path, entry: CatalogueEntry) -> Path | None:
    """Look in the folder, in one named like the data set, and in what that unpacks to."""
    named = sorted(child for child in folder.iterdir() if child.is_dir() and _is_for(child, entry))
    for place in (*named, folder):
        for name in entry.files:
            if (place / name).is_file():
                # A folder of several sets may hold several files of one name (`ratings.dat`).
                return place / name
    return None


def _is_for(folder: Path, entry: CatalogueEntry) -> bool:
    return folder.name.lower().startswith(entry.name)


def fetch(entry: CatalogueEntry, cache: Path | None = None) -> Path:
    """Download an archive, compare it with the publisher's checksum, and unpack one file.

    pooch writes to a temporary file and moves it only after the comparison, so that what
    broke off is never mistaken for data.

    Raises:
        DataError: No network, or a file that is not the publisher's.
    """
    by_hand = f"download {entry.homepage} by hand, then --data-path FOLDER (or set ECOREC_DATA)"
    try:
        unpacked = pooch.retrieve(
            url=str(entry.url),
            known_hash=entry.checksum,
            fname=f"{entry.name}.zip",
            path=cache or cache_folder(),
            processor=pooch.Unzip(members=[str(entry.member), *entry.extra_members]),
        )
    except requests.RequestException as error:
        message = f"`{entry.name}` could not be downloaded from {entry.url}: {type(error).__name__}"
        raise DataError(message, hint=by_hand) from None
    except OSError as error:
        message = f"`{entry.name}` could not be stored: {error.strerror or error}"
        raise DataError(message.splitlines()[0], hint=by_hand) from None
    except ValueError as error:
        message = f"`{entry.name}` from {entry.url} is not the publisher's file: {error}"
        raise DataError(message.splitlines()[0], hint=by_hand) from None
    return next(path for path in map(Path, unpacked) if path.as_posix().endswith(str(entry.member)))
