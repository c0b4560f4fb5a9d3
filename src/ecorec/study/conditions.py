"""Whether a record was measured as a run is to be: repeat, threads, device and what else costs."""

from ecorec.study.record import RunRecord
from ecorec.study.run_settings import MeasurementSettings


def measured_so(
    record: RunRecord, wanted: MeasurementSettings, *, any_threads: bool = False
) -> bool:
    """Return whether a record holds the repeat and the conditions that are wanted.

    Args:
        record: Of the run.
        wanted: As the run is to be measured; without a kernel, any will do.
        any_threads: Whether their number does not matter.
    """
    return (
        record.repeat == wanted.repeat
        and (any_threads or record.threads == wanted.threads)
        and (wanted.kernel is None or record.kernel in (wanted.kernel, "none"))
        and record.device == wanted.device
        and record.users_per_call == wanted.users_per_call
        and record.shards == wanted.shards
        and record.memory_mapped == (wanted.memory_map is not None)
    )
