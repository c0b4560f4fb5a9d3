"""The same from Python: a study is run and becomes a table, a data frame, a page."""

from pathlib import Path
from typing import Any

import polars as pl

from ecorec.analysis.rows import rows_of
from ecorec.energy.emissions import intensity
from ecorec.report.page import write_report
from ecorec.report.terminal import summary
from ecorec.study.execute import run_study
from ecorec.study.forecast import StudyForecast
from ecorec.study.listener import Listener
from ecorec.study.outlook import forecast_study
from ecorec.study.record import RunRecord
from ecorec.study.settings import StudySettings
from ecorec.study.store import StoredStudy, read_study
from ecorec.study.study_file import read_study_file


class Study:
    """A study: the keys of a study's TOML file as keyword arguments.

    Args:
        settings: `models`, `datasets`, `embedding_sizes`, `epochs`, `seeds`, `split`, `set`, …

    Raises:
        InputError: A key is not known or a value is out of its range.
    """

    def __init__(self, **settings: Any) -> None:
        self.settings = StudySettings.parse(
            settings, "the study", "`ecorec run --help` says what each of them takes"
        )

    @classmethod
    def from_file(cls, path: str | Path) -> "Study":
        """Return the study of a TOML file."""
        return cls(**read_study_file(Path(path)))

    def run(
        self,
        out: str | Path,
        *,
        data_path: str | Path | None = None,
        listener: Listener | None = None,
    ) -> "Results":
        """Run what the folder lacks and return all of it.

        Args:
            out: The study's folder, new or begun earlier.
            data_path: Where catalogue data sets are looked for.
            listener: Told how it goes; silent if not given.
        """
        found = Path(data_path) if data_path is not None else None
        return Results(run_study(self.settings, Path(out), data_path=found, listener=listener))

    def forecast(
        self, out: str | Path = "ecorec-study", *, data_path: str | Path | None = None
    ) -> StudyForecast:
        """Return what the study would take if it were started now; nothing is written.

        Args:
            out: The study's folder, which need not exist; what is finished there is not counted.
            data_path: Where catalogue data sets are looked for.
        """
        found = Path(data_path) if data_path is not None else None
        return forecast_study(self.settings, Path(out), data_path=found)


class Results:
    """The finished runs of a study."""

    def __init__(self, study: StoredStudy) -> None:
        self.study = study

    @classmethod
    def read(cls, folder: str | Path) -> "Results":
        """Read the results of a study's folder."""
        return cls(read_study(Path(folder)))

    @property
    def records(self) -> list[RunRecord]:
        """One record a measurement."""
        return self.study.records

    def frame(self) -> pl.DataFrame:
        """Return one row a measurement; units stand in the names of the columns."""
        info = self.study.info
        grid = intensity(info.grid)
        return rows_of(self.study, grid, info.grid.pue)

    def summary(self) -> str:
        """Return the table and the verdict as text."""
        return summary(self.study)

    def report(self) -> Path:
        """Write the page and return its path."""
        return write_report(self.study.path)
