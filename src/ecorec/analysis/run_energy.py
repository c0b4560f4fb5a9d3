"""Joules of one run of a configuration, from all of its measurements."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from ecorec.analysis.statistics.energy_statistics import log_interval, mean_of_seeds
from ecorec.analysis.statistics.independent_values import independent, kind_of
from ecorec.energy.reading import Reading
from ecorec.study.record import RunRecord


@dataclass(frozen=True)
class Energy:
    """Joules of one run of a configuration, from all of its measurements."""

    mean_j: float
    """Geometric mean over seeds, and over the repeats of each."""
    low_j: float
    """Low end of the sensors' range, also a geometric mean."""
    high_j: float
    interval_j: tuple[float, float] | None
    """95 % t interval of the geometric mean; `None` for fewer than five independent values."""
    relative_spread: float | None
    """Standard deviation of the independent values over their mean; `None` for a single one."""
    n_measurements: int
    n_independent: int
    """Seeds or, of a single seed, repeats: the values that interval and spread rest on."""
    over: str
    """What these are: `seeds`, `repeats` or `repeats of one seed`."""
    method: str
    """How the joules were obtained; several methods are joined by `+`."""


def energy_of(records: Sequence[RunRecord]) -> Energy | None:
    """Return the joules of one run; `None` if there is no measurement, or one has no joules.

    Args:
        records: Measurements of one configuration.
    """
    totals = [record.total for record in records]
    central = [total.energy_j for total in totals if total.energy_j is not None]
    if not central or len(central) < len(totals):
        return None
    seeds = [record.seed for record in records]
    seeded = [*zip(seeds, central, strict=True)]
    values = independent(seeded)
    mean_j = float(np.mean(values))
    return Energy(
        mean_j=mean_of_seeds(seeded),
        low_j=mean_of_seeds((record.seed, record.total.low_j or 0.0) for record in records),
        high_j=mean_of_seeds((record.seed, record.total.high_j or 0.0) for record in records),
        interval_j=log_interval(seeded),
        relative_spread=(
            float(np.std(values, ddof=1)) / mean_j if len(values) > 1 and mean_j else None
        ),
        n_measurements=len(central),
        n_independent=len(values),
        over=kind_of(seeds),
        method="+".join(dict.fromkeys(name for total in totals for name in total.methods)),
    )


def by_seed_and_repeat(records: Sequence[RunRecord]) -> dict[tuple[int | None, int], RunRecord]:
    """Return the measurements of a configuration by their seed and repeat, none left out.

    A folder may hold the same repeat twice (older versions measured it again where a shorter run
    was asked for later): the second one has the next repeat that is free.

    Args:
        records: Measurements of one configuration.
    """
    found: dict[tuple[int | None, int], RunRecord] = {}
    again: list[RunRecord] = []
    for record in records:
        if found.setdefault((record.seed, record.repeat), record) is not record:
            again.append(record)
    for record in again:
        free = next(n for n in count(record.repeat + 1) if (record.seed, n) not in found)
        found[record.seed, free] = record
    return found


def phases_of(record: RunRecord) -> tuple[Reading, ...]:
    """Return a run's phases with the joules that its total counts, so that they add up to it.

    A phase in which one of the counters could not be read for a moment has none.
    """
    return tuple(phase.part_of(record.total) for phase in record.phases)
