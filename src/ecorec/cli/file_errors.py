"""What the system says of a file that cannot be read or written, in the program's words."""

import errno
import os
from pathlib import Path

from ecorec.errors import EcorecError, InputError

_BEFORE, _AFTER = ".", ".unfinished"
"""Around a name while its file is written (`folders.write_whole`); people know the name alone."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


def in_our_words(error: OSError) -> EcorecError | None:
    """Return the error that people see for one of the system's; `None` if it is of no file."""
    if not isinstance(error.filename, str | bytes):
        return None
    path = Path(os.fsdecode(error.filename))
    writing = _was_written(path, error)
    if path.name.startswith(_BEFORE) and path.name.endswith(_AFTER):
        path = path.with_name(path.name[len(_BEFORE) : -len(_AFTER)])
    if not writing:
        message = f"{path} cannot be read: {error.strerror}"
        return InputError(message, hint="give a path that is there and that you may read")
    hint = "copy the study to a folder that you may write to"
    if error.errno in _FULL:
        hint = "make room on that disk, and give the command again"
    return InputError(f"{path} cannot be written: {error.strerror}", hint=hint)


def _was_written(path: Path, error: OSError) -> bool:
    """Return whether a file was to be written: the system's error does not say."""
    if path.name.endswith(_AFTER) or error.errno in (errno.EROFS, errno.EEXIST, *_FULL):
        return True
    if isinstance(error, FileNotFoundError | IsADirectoryError):
        return False
    if _may(path.parent, os.X_OK) and not os.path.lexists(path):
        return True
    return _may(path, os.R_OK)


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)
