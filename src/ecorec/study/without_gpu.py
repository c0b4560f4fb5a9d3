"""Runs on a GPU whose own joules no sensor could add to the total."""

from ecorec.energy.reading import Reading
from ecorec.units import format_energy


def gpu_left_out(device: str, total: Reading) -> bool:
    """Return whether a run computed on a GPU and its total has joules, but none of the GPU.

    Args:
        device: As torch calls it, e.g. `cuda:1`.
        total: Of the run.
    """
    return device.startswith("cuda") and total.energy_j is not None and not total.counts_gpu


def gpu_warnings(device: str, total: Reading) -> tuple[str, ...]:
    """Return what to say of a total without the joules of the GPU that the run computed on.

    Args:
        device: As torch calls it, e.g. `cuda:1`.
        total: Of the run.
    """
    if not gpu_left_out(device, total):
        return ()
    seen = [item for item in total.components if item.component == "gpu" and item.energy_j]
    if not seen:
        return ("the GPU was not read: its energy is not in the total",)
    return tuple(
        f"the GPU's {format_energy(item.energy_j or 0.0)} ({item.method}) are not in the total: "
        "they are of the machine, and no counter or meter read the machine's CPU"
        for item in seen
    )
