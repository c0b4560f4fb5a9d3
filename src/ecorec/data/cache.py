"""Files are parsed once: what they hold is kept as Parquet until a file or a setting changes.

An entry is named `SOURCE-STATE-CONTENT.parquet`, after hashes of

- where the source is, and the settings that decide how it is read;
- what its files looked like (size, times of the last change), and the code that read them;
- the entry's own bytes, by which a damaged one is noticed before it is parsed.

A name is never written twice with different bytes: entries are written aside and moved, so that
any number of processes may read and write at a time. A folder that cannot be written, or an
entry that cannot be read, costs time and nothing else.
"""

import hashlib
import io
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from ecorec.data.dataset import DataSettings
from ecorec.data.parsed import Parsed
from ecorec.folders import cache_folder

MOST_BYTES = 2 * 2**30
"""All entries together; those unused for longest make room."""

QUIET_S = 2.0
"""A file that changed so recently is not kept: it could change again within one tick of its clock
(two seconds, on the coarsest file systems) and look the same."""

UNFINISHED = ".unfinished-"

LATER_FILTERS = {"k_core", "k_core_scope"}
"""Settings that do their work after the cache; all others are part of the name."""


@dataclass(frozen=True)
class CacheUse:
    """How much of the disk the parsed data take."""

    folder: Path
    n_entries: int
    n_bytes: int


def parsed_once(
    place: Path, files: Sequence[Path], settings: DataSettings, parse: Callable[[], Parsed]
) -> tuple[Parsed, bool]:
    """Return what a source holds, from the cache if nothing has changed.

    Args:
        place: The file or the folder that was named.
        files: Every file that `parse` may read; one that does not exist counts as such.
        settings: How it is read.
        parse: Reads it; its errors pass, and leave nothing behind.

    Returns:
        The content, and whether it came from the cache.
    """
    how = settings.model_dump(mode="json", exclude=LATER_FILTERS)
    source = _hash(json.dumps([str(place.absolute()), how], sort_keys=True).encode())
    before = _state(files)
    found = _find(f"{source}-{before}-*.parquet")
    if found is not None:
        return found, True
    parsed = parse()
    if before == _state(files) and _quiet(files):
        _store(parsed, source, before)
    return parsed, False


def cache_use() -> CacheUse:
    """Return where the cache is, and how large."""
    sizes = [entry.stat().st_size for entry in _entries() if entry.exists()]
    return CacheUse(_folder(), len(sizes), sum(sizes))


def clear_cache() -> CacheUse:
    """Delete every entry; return what there was."""
    use = cache_use()
    for entry in _entries():
        entry.unlink(missing_ok=True)
    for left in _folder().glob(f"{UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)
    return use


def _folder() -> Path:
    return cache_folder() / "parsed"


def _entries(pattern: str = "*.parquet") -> list[Path]:
    return sorted(_folder().glob(pattern))


def _hash(raw: bytes) -> str:
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


@cache
def _reader() -> str:
    """Return a hash of the code that reads files: another version may read them otherwise."""
    code = [file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py"))]
    return _hash(b"\0".join([pl.__version__.encode(), *code]))


def _state(files: Sequence[Path]) -> str:
    looks: list[tuple[int, ...] | None] = []
    for file in files:
        try:
            found = file.stat()
        except OSError:
            looks.append(None)
            continue
        # The inode's own time also changes when another file takes this one's place and date.
        looks.append((found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino))
    return _hash(json.dumps([_reader(), looks]).encode())


def _quiet(files: Sequence[Path]) -> bool:
    changes = [file.stat().st_mtime for file in files if file.exists()]
    return bool(changes) and max(changes) < time.time() - QUIET_S


def _find(pattern: str) -> Parsed | None:
    for entry in _entries(pattern):
        try:
            raw = entry.read_bytes()
        except OSError:
            continue
        if _hash(raw) == entry.stem.rsplit("-", 1)[1]:
            _mark_used(entry)
            return Parsed.from_frame(pl.read_parquet(io.BytesIO(raw)))
    return None


def _mark_used(entry: Path) -> None:
    try:
        os.utime(entry)
    except OSError:
        return  # a folder that may only be read: nothing in it makes room either


def _store(parsed: Parsed, source: str, state: str) -> None:
    stream = io.BytesIO()
    parsed.to_frame().write_parquet(stream, compression="lz4")
    raw = stream.getvalue()
    if len(raw) > MOST_BYTES:
        return
    name = f"{source}-{state}-{_hash(raw)}.parquet"
    try:
        _folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_folder(), prefix=UNFINISHED) as aside:
            whole = Path(aside) / name
            whole.write_bytes(raw)
            whole.replace(_folder() / name)
        _make_room(source, name)
    except OSError:
        return  # the data are here; the next run reads the file again


def _make_room(source: str, newest: str) -> None:
    """Delete what the newest entry replaces, and the entries unused for longest."""
    for entry in _entries(f"{source}-*.parquet"):
        if entry.name != newest:
            entry.unlink(missing_ok=True)
    left = [(entry.stat(), entry) for entry in _entries() if entry.exists()]
    size = sum(found.st_size for found, _ in left)
    for found, entry in sorted(left, key=lambda pair: pair[0].st_mtime):
        if size <= MOST_BYTES or entry.name == newest:
            continue
        entry.unlink(missing_ok=True)
        size -= found.st_size
