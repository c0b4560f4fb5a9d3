"""How close to the machine's limit a run is: the least time of its work over its real time.

After Williams et al., *Roofline* (CACM 2009). A training step is a sequence of loops, each bound by
random reads of rows, by streaming or by matrix products, so their least times are added. Work comes
from formulas and rates from calibration: a share compares kernels that do the same work, but does
not measure how many bytes were moved.
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
    # A table that is small enough for a cache is also streamed from that cache.
    streamed_per_s = max(rates.stream_bytes_per_s, rows_per_s)
    return (
        cost.random_bytes_per_epoch / rows_per_s
        + cost.streamed_bytes_per_epoch / streamed_per_s
        + cost.dense_multiply_adds_per_epoch / rates.dense_multiply_adds_per_s
    )


def row_rate(table_bytes: float, rates: Calibration) -> float:
    """Return bytes a second of random reads of a table's rows, interpolated by its size.

    Args:
        table_bytes: Size of the table; beyond the two sizes that were measured, the nearer one's
            rate holds.
        rates: Of the machine.
    """
    cached, distant = rates.cached_rows_bytes_per_s, rates.distant_rows_bytes_per_s
    size = min(max(table_bytes, CACHED_BYTES), DISTANT_BYTES)
    away: float = log(size / CACHED_BYTES) / log(DISTANT_BYTES / CACHED_BYTES)
    return float(cached * (distant / cached) ** away)
