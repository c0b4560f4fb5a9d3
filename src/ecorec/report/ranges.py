"""Ranges as people read them."""

from ecorec.units import format_energy


def energy_range(low_j: float, high_j: float) -> str:
    """Return both ends of a range of joules, the unit once where it is the same."""
    low, high = format_energy(low_j), format_energy(high_j)
    if low.split()[1] == high.split()[1]:
        low = low.split()[0]
    return f"{low}-{high}"
