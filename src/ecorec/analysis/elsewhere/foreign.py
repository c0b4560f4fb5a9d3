"""Readings that ecorec did not make: CodeCarbon's `emissions.csv`, shown and never ranked."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ecorec.errors import InputError
from ecorec.units import joules_from_kwh

NEEDED = ("duration", "energy_consumed")

METHOD = "foreign"
"""Shown in place of a method: how the joules were obtained is not in the file."""


@dataclass(frozen=True)
class ForeignRun:
    """One row of a foreign file."""

    label: str
    duration_s: float
    energy_j: float
    """Joules of the machine: the file's energy divided by its PUE."""
    emissions_g: float | None
    source: str
    """Which tool, version and tracking mode, in words."""


def read_codecarbon(path: Path) -> list[ForeignRun]:
    """Read CodeCarbon's file; its kilowatt-hours and kilograms become joules and grams.

    Raises:
        InputError: It cannot be read, or is not a file of CodeCarbon's.
    """
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        message = f"{path} cannot be read as CSV: {str(error).splitlines()[0]}"
        raise InputError(message, hint="give an emissions.csv of CodeCarbon") from None
    missing = [name for name in NEEDED if name not in frame.columns]
    if missing:
        message = f"{path} is no emissions.csv of CodeCarbon: it has no `{missing[0]}`"
        raise InputError(message, hint=f"it has {', '.join(frame.columns[:6])} …")
    return [_run(row, path, at) for at, row in enumerate(frame.iter_rows(named=True), start=2)]


def _run(row: dict[str, str | None], path: Path, line: int) -> ForeignRun:
    def number(name: str) -> float | None:
        text = row.get(name)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value < float("inf"):
            message = f"{path}, line {line}: {name} `{text}` is no number of zero or more"
            raise InputError(message, hint="repair the line, or leave it out")
        return value

    kwh, seconds, kilograms = (
        number(name) for name in ("energy_consumed", "duration", "emissions")
    )
    if kwh is None or seconds is None:
        message = f"{path}, line {line}: no energy or no duration"
        raise InputError(message, hint="leave the line out")
    name = " ".join(filter(None, (row.get("project_name"), (row.get("run_id") or "")[:8])))
    version, mode = row.get("codecarbon_version") or "?", row.get("tracking_mode")
    return ForeignRun(
        label=name or f"line {line}",
        duration_s=seconds,
        energy_j=joules_from_kwh(kwh) / (number("pue") or 1.0),
        emissions_g=None if kilograms is None else 1000 * kilograms,
        source=f"CodeCarbon {version}{f', {mode}' if mode else ''}",
    )
