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
    """Kernel and users a call, which change joules but not quality."""
    method: str = ""
    """How our emissions were obtained."""
    note: str = ""
    by_run: Mapping[tuple[int | None, int], float] = field(default_factory=dict)
    """(seed, repeat) -> kilograms; empty for a quality."""

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
