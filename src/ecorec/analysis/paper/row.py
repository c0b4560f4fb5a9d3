"""One published cell and one of our values for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ecorec.analysis.paper.published import Cell


@dataclass(frozen=True)
class Beside:
    """One published cell, with one of our values or none."""

    cell: Cell
    ours: float | None = None
    low: float | None = None
    """Lower end of the 95 % interval of one further run; `None` with too few runs."""
    high: float | None = None
    n_runs: int = 0
    """Seeds of a quality, measurements of an emission."""
    preset: str = ""
    """The preset, and how the run deviates from it."""
    epochs: int | None = None
    conditions: str = ""
    """Kernel, users a call and what else changes joules but not quality, in words."""
    method: str = ""
    """How our emissions were obtained."""
    note: str = ""
    measured_under: Mapping[str, str] = field(default_factory=dict)
    """Of an emission: the machine and all conditions, as `naming.measured_under` has them."""
    joules_by_run: Mapping[tuple[int | None, int], float] = field(default_factory=dict)
    """(seed, repeat) -> joules by the run's own sensors, whatever the preset's accounting; empty
    for a quality, and where a run has none."""

    @property
    def difference(self) -> float | None:
        """Ours less the published value."""
        return None if self.ours is None else self.ours - self.cell.value

    @property
    def relative(self) -> float | None:
        """The difference over the published value."""
        return None if self.difference is None else self.difference / self.cell.value

    @property
    def inside(self) -> bool | None:
        """Whether the published value lies in our interval; `None` without an interval."""
        if self.low is None or self.high is None:
            return None
        return self.low <= self.cell.value <= self.high
