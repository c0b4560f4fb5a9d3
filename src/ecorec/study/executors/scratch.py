"""A worker's own folder for the current run, which is removed after it."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

_PREFIX = "ecorec-worker"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a new folder among the system's temporary ones; remove it after the body.

    Folders that killed workers have left are removed as well.
    """
    sweep()
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}-{os.getuid()}-{os.getpid()}-") as path:
        yield Path(path)


def sweep() -> None:
    """Remove the folders of workers that no longer exist."""
    pattern = re.compile(rf"{_PREFIX}-{os.getuid()}-(\d+)-")
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}-{os.getuid()}-*"):
        found = pattern.match(folder.name)
        if found and not psutil.pid_exists(int(found[1])):
            shutil.rmtree(folder, ignore_errors=True)
