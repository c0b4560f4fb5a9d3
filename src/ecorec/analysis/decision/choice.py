"""One configuration as the verdict speaks of it."""

from dataclasses import dataclass

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.run_energy import Energy

ELSEWHERE = "measured on another machine"
CONTAMINATED = "read beside other work"
WITHOUT_GPU = "read without that of its GPU"
NOT_READ = "not read"
NO_ENERGY = (CONTAMINATED, WITHOUT_GPU, ELSEWHERE, NOT_READ)
"""Why a configuration has no energy that counts, in words that complete `its energy was ...`."""


@dataclass(frozen=True)
class Choice:
    """One configuration as the verdict speaks of it."""

    position: int
    """Among the configurations that were compared."""
    label: str
    quality: float
    energy: Energy | None
    """`None` where none can be compared."""
    no_energy: str = ""
    """One of `NO_ENERGY`; empty where there is energy."""

    @classmethod
    def of(cls, position: int, item: Configuration, metric: str, machine_id: str) -> "Choice":
        """Return a configuration with its energy, if that is of the machine that is compared.

        Args:
            position: Among the configurations that were compared.
            item: The configuration.
            metric: Test metric.
            machine_id: The machine whose joules are compared.
        """
        energy = item.energy if item.machine_id == machine_id else None
        why = "" if energy else _why_none(item, machine_id)
        return cls(position, item.label, item.quality(metric), energy, why)

    @property
    def mean_j(self) -> float:
        """Central joules of one run; infinity where none can be compared."""
        return self.energy.mean_j if self.energy else float("inf")


def _why_none(item: Configuration, machine_id: str) -> str:
    if item.machine_id != machine_id:
        return ELSEWHERE
    if not item.clean:
        return CONTAMINATED
    return WITHOUT_GPU if item.without_gpu else NOT_READ
