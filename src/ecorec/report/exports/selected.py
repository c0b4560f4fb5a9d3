"""What is exported: the records of a study or of one run, and the grid that prices them."""

from dataclasses import dataclass
from pathlib import Path

from ecorec.analysis.rows import in_order
from ecorec.energy.emissions import GridSettings, Intensity, emissions_g, intensity
from ecorec.errors import StudyError
from ecorec.study.record import RunRecord
from ecorec.study.store import StoredStudy, read_study


@dataclass(frozen=True, eq=False)
class Selected:
    """Records with their study and grid."""

    study: StoredStudy
    records: tuple[RunRecord, ...]
    """In order; every measurement of a run."""
    grid: Intensity | None
    pue: float
    country: str | None
    """As stated, for formats that name it."""

    def grams(self, energy_j: float | None) -> float | None:
        """Return grams of CO2-eq; `None` without joules or without a grid."""
        if energy_j is None or self.grid is None:
            return None
        return emissions_g(energy_j, self.grid, self.pue)


def select(path: Path, stated: GridSettings | None = None) -> Selected:
    """Return what lies in a study's folder, or in the folder of one of its runs.

    Args:
        path: `OUT`, or `OUT/runs/<run_id>`.
        stated: The grid; the study's own, if not given.

    Raises:
        StudyError: There is no finished run.
        InputError: The grid is not known.
    """
    own = path.resolve()
    run_id = own.name if own.parent.name == "runs" and not (own / "study.json").exists() else None
    study = read_study(path if run_id is None else own.parent.parent)
    records = [r for r in study.records if run_id is None or r.run_id == run_id]
    if not records:
        message = f"{path} has no finished run"
        raise StudyError(message, hint="give a study's folder, or OUT/runs/<run_id> of a run in it")
    grid = stated or study.info.grid
    return Selected(study, tuple(in_order(records)), intensity(grid), grid.pue, grid.country)
