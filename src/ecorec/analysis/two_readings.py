"""How CodeCarbon's reading of the same runs differs from ours, and why, in words."""

from collections.abc import Sequence
from statistics import median

from ecorec.analysis.words import listed
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
    cpu = f"{median(busy):.2g} W a busy CPU second" if busy else "nothing for the CPU"
    return (
        f"CodeCarbon {first.version} reads {times:.2g} times the joules given here (median of "
        f"{len(pairs)} runs). It bills {cpu} and {memory_w:.3g} W of memory for as long as a run "
        f"lasts, which is {memory:.0%} of its figure; {_ours([record for record, _, _ in pairs])}"
        f"{_factors(first, grid)}"
    )


def bills_cpu_time(record: RunRecord) -> bool:
    """Return whether a run's joules are CPU time times watts, rather than read."""
    return any(item.sensor == "cpu-time" for item in record.total.counted)


def _ours(records: Sequence[RunRecord]) -> str:
    """Return how ecorec obtained the joules of the same runs."""
    billed = [record for record in records if bills_cpu_time(record)]
    others = [record for record in records if not bills_cpu_time(record)]
    sensors = dict.fromkeys(
        f"{item.component} by {item.sensor} ({item.method})"
        for record in others
        for item in record.total.counted
    )
    parts = []
    if billed:
        low, central, high = billed[0].machine.watts_per_cpu
        where = f"in {len(billed)} of these runs " if others else ""
        parts.append(
            f"{where}ecorec bills {central:g} W ({low:g} to {high:g}) a busy CPU second and the "
            "memory that the process holds. Both are models of the same seconds: where they agree, "
            "that validates neither."
        )
    if others:
        where = "In the others ecorec" if billed else "ecorec"
        parts.append(f"{where} read {listed([*sensors])}.")
    return " ".join(parts)


def _factors(theirs: CodeCarbonRecord, grid: Intensity | None) -> str:
    """Return the grid factors behind the grams of both readings, if both have grams."""
    if grid is None or theirs.intensity_g_per_kwh is None:
        return ""
    return (
        f" Its grams rest on {theirs.intensity_g_per_kwh:.0f} g/kWh ({theirs.country}, its own "
        f"table), those given here on {grid.in_words()}."
    )
