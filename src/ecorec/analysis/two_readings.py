"""How CodeCarbon's reading of the same runs differs from ours, and why, in words."""

from statistics import median

from ecorec.energy.emissions import Intensity
from ecorec.study.record import CodeCarbonRecord, RunRecord


def difference_in_words(records: list[RunRecord], grid: Intensity | None = None) -> str | None:
    """Return two or three sentences on both readings, or `None` if there is only one.

    Ratios are medians over the runs that have both.

    Args:
        records: Of one study.
        grid: The factor of ecorec's own grams; without one, nothing is said of grams.
    """
    pairs = [
        (record, record.codecarbon, record.total.energy_j)
        for record in records
        if record.codecarbon is not None and record.total.energy_j and record.codecarbon.energy_j
    ]
    if not pairs:
        return None
    first = pairs[0][1]
    times = median(theirs.energy_j / ours for _, theirs, ours in pairs)
    memory = median(theirs.ram_j / theirs.energy_j for _, theirs, _ in pairs)
    busy = [
        theirs.cpu_j / record.total.cpu_s for record, theirs, _ in pairs if record.total.cpu_s > 0
    ]
    memory_w = median(theirs.ram_w for _, theirs, _ in pairs)
    hardware = pairs[0][0].machine
    low, central, high = hardware.watts_per_cpu
    cpu = f"{median(busy):.2g} W a busy CPU second" if busy else "nothing for the CPU"
    return (
        f"CodeCarbon {first.version} reads {times:.2g} times the joules given here (median of "
        f"{len(pairs)} runs). It bills {cpu} and {memory_w:.3g} W of memory for as long as a run "
        f"lasts, which is {memory:.0%} of its figure; ecorec bills {central:g} W ({low:g} to "
        f"{high:g}) a busy CPU second and the memory that the process holds. Both are models of "
        f"the same seconds: where they agree, that validates neither.{_factors(first, grid)}"
    )


def _factors(theirs: CodeCarbonRecord, grid: Intensity | None) -> str:
    """Return the grid factors behind the grams of both readings, if both have grams."""
    if grid is None or theirs.intensity_g_per_kwh is None:
        return ""
    return (
        f" Its grams rest on {theirs.intensity_g_per_kwh:.0f} g/kWh ({theirs.country}, its own "
        f"table), those given here on {grid.in_words()}."
    )
