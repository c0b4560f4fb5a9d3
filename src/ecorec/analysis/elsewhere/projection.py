"""What a study's runs would take on another machine: a projection, not a measurement.

A run's CPU seconds depend on several rates of the machine, in a mix that is not known exactly; so
the range covers the ratios of all rates. Joules are those seconds times the target's own watts.
Both stay `untested` until a run was measured on the target and compared with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from ecorec.analysis.configurations import Configuration
from ecorec.errors import InputError
from ecorec.planning.calibration import Calibration
from ecorec.units import format_duration, format_energy

RATES = (
    "cached_rows_bytes_per_s",
    "distant_rows_bytes_per_s",
    "stream_bytes_per_s",
    "dense_multiply_adds_per_s",
)


@dataclass(frozen=True)
class Projection:
    """One configuration on the other machine; low and high cover all rates and all watts."""

    label: str
    duration_s: float
    duration_low_s: float
    duration_high_s: float
    energy_j: float
    energy_low_j: float
    energy_high_j: float
    method: str
    """Always `projected`."""
    test: str
    """`untested`, or how far a run measured on the target is from it."""


def slowdown(source: Calibration, target: Calibration) -> tuple[float, float, float]:
    """Return low, central and high ratio of CPU seconds, target over source.

    The rates are of all threads together, so they are divided by the number of threads to get those
    of one CPU second. Central is the geometric mean of both ends.
    """
    ratios = [
        (getattr(source, rate) / source.threads) / (getattr(target, rate) / target.threads)
        for rate in RATES
    ]
    low, high = min(ratios), max(ratios)
    return low, sqrt(low * high), high


def project(
    configurations: Sequence[Configuration], source: Calibration, target: Calibration
) -> list[Projection]:
    """Project the configurations that were measured on the source machine onto the target.

    Configurations that were measured on the target itself are used to test the projections.

    Args:
        configurations: Of one study.
        source: Rates of the study's machine.
        target: Rates of the other machine.

    Raises:
        InputError: The study has no run from the source machine with its number of threads, or
            none that ran alone.
    """
    home = source.hardware.machine_id
    there = [
        item
        for item in configurations
        if item.machine_id == home and item.first.threads == source.threads
    ]
    measured = [item for item in there if item.clean]
    if not measured:
        raise _none_to_project(there, home, source.threads)
    low, central, high = slowdown(source, target)
    threads = source.threads / target.threads
    watts = target.hardware.watts_per_cpu
    found = []
    for item in measured:
        cpu_s = sum(record.total.cpu_s for record in item.clean) / len(item.clean)
        clock_s = sum(record.total.duration_s for record in item.clean) / len(item.clean)
        energies = (cpu_s * low * watts[0], cpu_s * central * watts[1], cpu_s * high * watts[2])
        found.append(
            Projection(
                label=item.label,
                duration_s=clock_s * central * threads,
                duration_low_s=clock_s * low * threads,
                duration_high_s=clock_s * high * threads,
                energy_j=energies[1],
                energy_low_j=energies[0],
                energy_high_j=energies[2],
                method="projected",
                test=_test(item, configurations, target, (energies[0], energies[2])),
            )
        )
    return found


def _none_to_project(there: Sequence[Configuration], home: str, threads: int) -> InputError:
    where = f"machine {home} with {threads} threads"
    if not there:
        message = f"no run of the study was measured on {where}"
        return InputError(message, hint="calibrate the machine of the study, with its threads")
    n = sum(len(item.records) for item in there)
    runs = "the one run" if n == 1 else f"all {n} runs"
    message = f"{runs} on {where} had other work beside, and cannot be projected"
    return InputError(
        message, hint="--with-contaminated projects them all the same; or measure again alone"
    )


def _test(
    item: Configuration,
    configurations: Sequence[Configuration],
    target: Calibration,
    span_j: tuple[float, float],
) -> str:
    """Compare the projection with a run of the same settings on the target, if there is one."""
    for other in configurations:
        there = other.machine_id == target.hardware.machine_id
        same = (other.quality_key, other.first.kernel) == (item.quality_key, item.first.kernel)
        if there and same and other is not item and other.first.threads == target.threads:
            if other.energy is None:
                continue
            inside = span_j[0] <= other.energy.mean_j <= span_j[1]
            seconds = sum(r.total.duration_s for r in other.clean) / len(other.clean)
            words = f"measured there: {format_energy(other.energy.mean_j)} {other.energy.method}"
            return f"{words} in {format_duration(seconds)}, {'within' if inside else 'OUTSIDE'}"
    return "untested"
