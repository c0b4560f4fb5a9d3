"""One configuration as the verdict speaks of it."""

from dataclasses import dataclass

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.run_energy import Energy


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
    """Why there is none, in words that follow its name; empty where there is."""

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
        return "was measured on another machine"
    if not item.clean:
        return "ran beside other work only"
    return (
        "ran on a GPU whose energy was not read with it"
        if item.without_gpu
        else "has energy that was not read"
    )
