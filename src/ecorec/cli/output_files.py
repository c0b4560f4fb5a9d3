"""Options that name a file to write: what is wrong with it is said before anything is measured."""

import os
from collections.abc import Callable
from pathlib import Path

from ecorec.errors import InputError


def writable(option: str) -> Callable[[Path | None], Path | None]:
    """Return what typer calls with the file that an option names, as soon as it is read."""

    def checked(file: Path | None) -> Path | None:
        if file is not None:
            check_writable(option, file)
        return file

    return checked


def check_writable(option: str, file: Path) -> None:
    """Say what stands in the way of a file, without touching it.

    Args:
        option: That names it, e.g. `--out`.
        file: New, or to be replaced.

    Raises:
        InputError: Its folder is not there or may not be written to, or it is a folder itself.
    """
    folder = file.parent
    if file.is_dir():
        message = f"{option} {file} is a folder"
        raise InputError(message, hint="give a file in it")
    if not folder.is_dir():
        message = f"{option} {file} cannot be written: there is no folder {folder}"
        raise InputError(message, hint="give a file in a folder that exists")
    if not os.access(folder, os.W_OK):
        message = f"{option} {file} cannot be written: {folder} may not be written to"
        raise InputError(message, hint="give a file in a folder that you may write to")
