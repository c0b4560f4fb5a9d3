"""Attempts at one run that were not measured alike: what its record says of them."""

from ecorec.energy.cpu_time import CpuTimeSensor
from ecorec.energy.hardware import Watts
from ecorec.energy.reading import Reading

MOST_APART = 0.05
"""Watts of a busy CPU that differ by less are the same; they follow from joules and seconds."""


def same_sensors(then: Reading, now: Reading) -> bool:
    """Return whether the same sensors count in both readings."""
    return _sensors(then) == _sensors(now)


def how_measured(earlier: Reading, now: Reading, watts: Watts) -> tuple[str, ...]:
    """Return in which ways earlier attempts were measured otherwise, in words; usually none.

    Args:
        earlier: What they took.
        now: Tells which sensors count in all attempts together.
        watts: Low, central and high watts that a busy logical CPU is billed with now.
    """
    found = []
    if not same_sensors(earlier, now):
        then, here = (" and ".join(sorted(_sensors(reading))) for reading in (earlier, now))
        found.append(
            f"earlier attempts were read by {then or 'nothing'}, all together by "
            f"{here or 'nothing'}: the joules of their single epochs are left out"
        )
    for item in earlier.counted:
        if item.sensor == CpuTimeSensor.name and item.energy_j and earlier.cpu_s:
            billed = item.energy_j / earlier.cpu_s
            if abs(billed - watts[1]) > MOST_APART * watts[1]:
                words = f"earlier attempts were billed {billed:.3g} W a busy CPU, this one "
                found.append(f"{words}{watts[1]:.3g} W")
    return tuple(found)


def _sensors(reading: Reading) -> set[str]:
    return {item.sensor for item in reading.counted}
