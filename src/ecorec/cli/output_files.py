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


def check_new_file(out: Path, source: Path, ending: str, *, overwrite: bool) -> None:
    """Say what stands in the way of a file that `--out` names, which is made from another one.

    Args:
        out: The file to write.
        source: The file, or the folder, that is read.
        ending: Of what is written, e.g. `.parquet`.
        overwrite: Whether `out` may exist.

    Raises:
        InputError: It is the source, has another ending, exists, or cannot be written.
    """
    check_writable("--out", out)
    if out.exists() and source.exists() and out.samefile(source):
        stem = out.name.partition(".")[0]
        other = out.with_name(f"{stem}{ending}")
        other = out.with_name(f"{stem}-imported{ending}") if other.name == source.name else other
        message = f"--out {out} is the file that is read"
        raise InputError(message, hint=f"give another file, e.g. --out {other}")
    if out.suffix != ending:
        message = f"--out {out} does not end in {ending}, which is what is written"
        raise InputError(message, hint=f"give --out {out.with_suffix(ending)}")
    if out.exists() and not overwrite:
        raise InputError(f"--out {out} exists", hint="remove it, or add --overwrite")
