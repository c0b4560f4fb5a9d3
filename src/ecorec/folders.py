"""Where ecorec keeps what it can make again, and how files are written whole."""

import os
from pathlib import Path

import platformdirs

VARIABLE = "ECOREC_CACHE"
"""Environment variable that names another folder."""


def cache_folder() -> Path:
    """Return the folder; it need not exist, and all of it may be deleted at any time."""
    told = os.environ.get(VARIABLE)
    return Path(told) if told else platformdirs.user_cache_path("ecorec")


def write_whole(file: Path, text: str) -> None:
    """Write a text file so that a reader sees the old or the new one, never a part."""
    unfinished = file.with_name(f".{file.name}.unfinished")
    with unfinished.open("w", encoding="utf-8") as stream:
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(file)
