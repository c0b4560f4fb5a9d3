"""A machine's highest rates, measured within seconds, which bound the speed of every model.

Sparse propagation reads rows of embeddings at random places; optimiser and losses stream
through tables; NGCF's mixing multiplies dense matrices. Compared with these rates, a kernel's speed
shows how close to the machine's limit it is (its share of the roof: Williams et al., 2009), and a
study that was measured here can be projected onto another machine.
"""

import mmap
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, no_type_check

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import PositiveFloat, PositiveInt, ValidationError

from ecorec.config import Config, first_problem
from ecorec.energy.hardware import Hardware, describe_machine
from ecorec.energy.isolation import Isolation, IsolationWatch
from ecorec.errors import InputError
from ecorec.graph.inner import inner

ROW = 64
"""float32 columns of a row: 256 bytes, an embedding of size 64."""

CACHED_ROWS = 2**13
"""2 MiB of rows: embeddings of a small data set, within a second-level or shared cache."""

DISTANT_ROWS = 2**20
"""256 MiB of rows: beyond every cache."""

READS = 2**18
STREAMED = 2**24
DENSE = 768
TRIAL_S = 0.15
"""Least time of each trial; the best of its repetitions counts."""


class Calibration(Config):
    """Rates of one machine with one number of threads, each the highest of several trials."""

    hardware: Hardware
    threads: PositiveInt
    measured_at: str
    """ISO 8601, UTC."""
    versions: dict[str, str]
    cached_rows_bytes_per_s: PositiveFloat
    """Random reads of 256-byte rows from a table of 2 MiB."""
    distant_rows_bytes_per_s: PositiveFloat
    """Random reads of 256-byte rows from a table of 256 MiB."""
    stream_bytes_per_s: PositiveFloat
    """Reads and writes of a = b + s c over arrays beyond every cache (McCalpin's triad)."""
    dense_multiply_adds_per_s: PositiveFloat
    """Multiply-adds of torch's float32 matrix product."""
    isolation: Isolation | None = None
    """What else the machine did meanwhile; `None` where the system does not tell."""

    @property
    def contaminated(self) -> bool:
        """Whether other work on the machine makes the rates too low."""
        return self.isolation is not None and self.isolation.contaminated


def calibrate(threads: int, versions: dict[str, str]) -> Calibration:
    """Measure this machine, within about two seconds after compilation.

    Args:
        threads: Number of threads that the caller has set in numba and torch.
        versions: Of the libraries, for the record.
    """
    watch, order = IsolationWatch(), np.random.default_rng(0)

    def rows(n_rows: int) -> float:
        table = _ones(n_rows * ROW).reshape(n_rows, ROW)
        index = order.integers(0, n_rows, READS).astype(np.int32)
        return READS * ROW * 4 / _best(lambda: _sum_rows(table, index))

    streamed = [_ones(STREAMED) for _ in range(3)]
    left = torch.ones(DENSE, DENSE)
    return Calibration(
        hardware=describe_machine(),
        threads=threads,
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=versions,
        cached_rows_bytes_per_s=rows(CACHED_ROWS),
        distant_rows_bytes_per_s=rows(DISTANT_ROWS),
        stream_bytes_per_s=STREAMED * 12 / _best(lambda: _triad(*streamed)),
        dense_multiply_adds_per_s=DENSE**3 / _best(lambda: inner(left, left)),
        isolation=watch.isolation(),
    )


def read_calibration(file: Path) -> Calibration:
    """Read what `ecorec doctor --calibrate` wrote.

    Raises:
        InputError: There is no such file, or it holds something else.
    """
    hint = "make one on that machine: ecorec doctor --calibrate FILE"
    try:
        return Calibration.model_validate_json(file.read_bytes())
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}", hint=hint) from None
    except ValidationError as error:
        raise InputError(f"{file} is no calibration: {first_problem(error)}", hint=hint) from None


def _ones(size: int) -> NDArray[np.float32]:
    # Mapped outside the heap: freed heap memory stays with the process until the study ends.
    array = np.frombuffer(mmap.mmap(-1, size * 4), dtype=np.float32)
    array[:] = 1
    return array


def _best(work: Callable[[], Any]) -> float:
    """Return the seconds of the fastest repetition, as disturbances only add time."""
    work()
    best, until = float("inf"), time.perf_counter() + TRIAL_S
    while time.perf_counter() < until:
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


@no_type_check
@numba.njit(parallel=True, fastmath=True, nogil=True, cache=True)
def _sum_rows(table, index):
    total = 0.0
    for block in numba.prange(64):
        kept = np.zeros(ROW, dtype=np.float32)
        for i in range(block * (READS // 64), (block + 1) * (READS // 64)):
            row = index[i]
            for column in range(ROW):
                kept[column] += table[row, column]
        total += kept.sum()
    return total


@no_type_check
@numba.njit(parallel=True, fastmath=True, nogil=True, cache=True)
def _triad(a, b, c):
    for i in numba.prange(a.size):
        a[i] = b[i] + np.float32(3) * c[i]
