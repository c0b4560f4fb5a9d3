"""Which measurement and which step of it represent serving, and their joules."""

from collections.abc import Sequence

from ecorec.serving.energy import PerThousand, marginal, per_thousand
from ecorec.serving.record import ServingRecord, Step

LOAD = 0.5
"""Share of saturation at which serving is compared, unless another one is asked for."""


def standing(records: Sequence[ServingRecord]) -> ServingRecord:
    """Return the measurement that represents a run: the newest over HTTP, else the newest.

    Args:
        records: At least one, oldest first.
    """
    over_http = [record for record in records if record.steps]
    return (over_http or records)[-1]


def step_near(record: ServingRecord, load: float) -> Step | None:
    """Return the step whose load is nearest; `None` without HTTP."""
    return min(record.steps, key=lambda step: abs(step.load - load), default=None)


def of_record(record: ServingRecord, load: float = LOAD) -> PerThousand | None:
    """Return joules of 1,000 recommendations beyond the idle server; `None` if not read."""
    step = step_near(record, load)
    if step is not None and record.idle is not None:
        return marginal(step, record.idle)
    if not record.direct:
        return None
    first = record.direct[0]
    return per_thousand(first.reading, first.n_recommendations)
