"""Files as bytes and text: unpacked, and refused by name if they are damaged."""

import gzip
import lzma
import re
from pathlib import Path
from zlib import error as zlib_error

from ecorec.errors import DataError

GZIP, XZ, ZIP = b"\x1f\x8b", b"\xfd7zXZ\x00", b"PK\x03\x04"
"""First bytes of packed files, which are not always named after what they are."""

PARQUET = b"PAR1\x15"
"""First bytes of Parquet, which is also called `.pq`: no text, as ids like `PAR1234` would be."""

NOT_UNPACKED = {"zstd": rb"\x28\xb5\x2f\xfd", "bzip2": rb"BZh[1-9]1AY&SY"}
"""Packed files that are not unpacked here: the program that does -> a pattern of first bytes."""


def read_bytes(path: Path) -> bytes:
    """Return a file's content, unpacked if it is gzip or xz.

    Raises:
        DataError: The file is missing, unreadable, empty, otherwise packed, or breaks off.
    """
    if not path.is_file():
        message = f"{path} does not exist" if not path.exists() else f"{path} is not a file"
        raise DataError(
            message, hint="give the path of a file of interactions, or `ecorec data list`"
        )
    try:
        raw = path.read_bytes()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise DataError(message, hint="look at the permissions of the file") from None
    if raw.startswith(ZIP):
        message = f"{path} is a zip archive; expected a file of interactions"
        raise DataError(message, hint="unpack it, and give the file of interactions inside")
    for program, start in NOT_UNPACKED.items():
        if re.match(start, raw):
            message = f"{path} is packed with {program}; expected gzip or xz, or nothing packed"
            raise DataError(message, hint=f"unpack it first: {program} -dc {path.name} > FILE")
    try:
        if path.suffix == ".gz" or raw.startswith(GZIP):
            raw = gzip.decompress(raw)
        elif path.suffix == ".xz" or raw.startswith(XZ):
            raw = lzma.decompress(raw)
    except (EOFError, OSError, lzma.LZMAError, zlib_error) as error:
        message = f"{path} cannot be unpacked: {str(error).rstrip('.').lower()}"
        raise DataError(message, hint="the file is damaged or incomplete: get it again") from None
    if not raw.strip():
        message = f"{path} is empty"
        raise DataError(message, hint="it should hold one interaction a line")
    return raw


def decode(raw: bytes, path: Path) -> str:
    """Return text, which must be UTF-8.

    Raises:
        DataError: Naming the line of the first byte that is not.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        message = f"{path}, line {line:,}: byte 0x{raw[error.start]:02x} is not UTF-8"
        wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
        encoding = "utf-16" if wide else "latin1"
        hint = f"convert the file first, e.g. iconv -f {encoding} -t utf-8 {path.name}"
        raise DataError(message, hint=hint) from None
