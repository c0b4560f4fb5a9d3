"""The energy of a run by process, and the sum, which counts every joule once."""

from collections.abc import Sequence
from dataclasses import dataclass

from ecorec.energy.hardware import Hardware
from ecorec.energy.processes import add_phases, add_processes
from ecorec.energy.reading import Reading


@dataclass(frozen=True)
class Share:
    """The part of a run that one process measured."""

    machine: str
    phases: tuple[Reading, ...]
    total: Reading
    peak_memory_bytes: int


def add_shares(shares: Sequence[Share]) -> tuple[tuple[Reading, ...], Reading]:
    """Return a run's phases and its total, of all its processes."""
    if len(shares) == 1:
        return shares[0].phases, shares[0].total
    return (
        add_phases([(share.machine, share.phases) for share in shares]),
        add_processes("total", [(share.machine, share.total) for share in shares]),
    )


def spent_beside(shares: Sequence[Share]) -> float:
    """Return the CPU seconds of the run's other processes on the first one's machine."""
    beside = [share for share in shares[1:] if share.machine == shares[0].machine]
    return sum((share.total.cpu_s for share in beside), start=0.0)


def machine_key(hardware: Hardware) -> str:
    """Return a key that is equal for processes on the same machine, since the same boot."""
    return f"{hardware.machine_id} {hardware.boot_id}"
