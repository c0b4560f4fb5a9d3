"""The program's one question: in a terminal a long study is forecast, and may be declined."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ecorec.cli import console

if TYPE_CHECKING:
    from ecorec.study.settings import StudySettings

ASKED_ABOVE_S = 600.0
"""Seconds of a forecast above which a person is asked; nobody minds a study of minutes."""

YES = {"", "y", "yes"}
NO = {"n", "no"}


def may_ask() -> bool:
    """Return whether a person is there: input and messages are both a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def agreed(settings: "StudySettings", out: Path, data_path: Path | None) -> bool:
    """Say what a study will take; if that is long, return whether the person wants it.

    What cannot be forecast is not asked about.

    Raises:
        EcorecError: For whatever would be refused before the first run.
    """
    from ecorec.energy.emissions import intensity
    from ecorec.report.forecast import forecast_line
    from ecorec.study.forecast import NoForecastError
    from ecorec.study.outlook import forecast_study

    try:
        found = forecast_study(settings, out, data_path=data_path)
    except NoForecastError as error:
        console.note(f"no forecast: {error.message}")
        return True
    if not found.jobs:
        return True
    line = forecast_line(found, intensity(settings.grid), settings.grid.pue)
    if found.duration_s.central <= ASKED_ABOVE_S:
        console.note(f"{line}.")
        return True
    while True:
        sys.stderr.write(f"{line}. Start? [Y/n] ")
        sys.stderr.flush()
        answer = sys.stdin.readline()
        if not answer or answer.strip().lower() in NO:
            console.note("nothing was run" if answer else "\nnothing was run")
            console.note("hint: --budget 20kJ (or 2h) runs what fits; --yes does not ask")
            return False
        if answer.strip().lower() in YES:
            return True
