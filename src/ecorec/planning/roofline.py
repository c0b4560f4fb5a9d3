"""How close to the machine a run is: the least time of its work over the time that it took.

After Williams et al., *Roofline* (CACM 2009). A training step is one loop after another, each
bound by reading rows at random places, by streaming or by matrix products, so that their times
are added. Both sides are models: work by formula, rates by calibration. A share tells kernels
apart, whose work is the same; it is no measurement of what was moved.
"""

from math import log

from ecorec.models.cost import Cost
from ecorec.planning.calibration import CACHED_ROWS, DISTANT_ROWS, ROW, Calibration

CACHED_BYTES = CACHED_ROWS * ROW * 4
DISTANT_BYTES = DISTANT_ROWS * ROW * 4


def least_seconds(cost: Cost, rates: Calibration) -> float:
    """Return what a machine would take for an epoch if every loop ran at its highest rate.

    Args:
        cost: Of the run.
        rates: Of the machine, with the run's threads.
    """
    rows_per_s = row_rate(cost.table_bytes, rates)
    # What is small enough to be read from a cache is streamed from it, too.
    streamed_per_s = max(rates.stream_bytes_per_s, rows_per_s)
    return (
        cost.random_bytes_per_epoch / rows_per_s
        + cost.streamed_bytes_per_epoch / streamed_per_s
        + cost.dense_multiply_adds_per_epoch / rates.dense_multiply_adds_per_s
    )


def row_rate(table_bytes: float, rates: Calibration) -> float:
    """Return bytes a second of random rows of a table, between the two sizes that were measured.

    Args:
        table_bytes: Of the whole table; outside of the two sizes, the nearer one's rate holds.
        rates: Of the machine.
    """
    cached, distant = rates.cached_rows_bytes_per_s, rates.distant_rows_bytes_per_s
    size = min(max(table_bytes, CACHED_BYTES), DISTANT_BYTES)
    away: float = log(size / CACHED_BYTES) / log(DISTANT_BYTES / CACHED_BYTES)
    return float(cached * (distant / cached) ** away)
