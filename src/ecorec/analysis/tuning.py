"""What choosing a run's settings cost, from the tuning that they come from."""

from collections.abc import Sequence
from dataclasses import dataclass

from ecorec.study.record import RunRecord
from ecorec.study.tuning.record import nearest
from ecorec.study.tuning.summary import Tuned, TuningSummary


@dataclass(frozen=True)
class Bill:
    """The tuning of one model, as billed to a record that uses its settings."""

    tuned: Tuned
    tuning: TuningSummary

    @property
    def method(self) -> str:
        """How the joules of tuning were obtained; `!` if some were read beside other work."""
        return self.tuned.method

    @property
    def ends_j(self) -> tuple[float, float, float] | None:
        """Joules of all its trials: low, central, high; `None` where they were not read."""
        bill = self.tuned.bill
        if bill.low_j is None or bill.energy_j is None or bill.high_j is None:
            return None
        return bill.low_j, bill.energy_j, bill.high_j


def bill_of(record: RunRecord, tunings: Sequence[TuningSummary]) -> Bill | None:
    """Return the tuning that a record's settings were chosen by.

    `None` if its model was not tuned on its data, or if it ran with other settings than those that
    were chosen.
    """
    found = []
    for tuning in tunings:
        if tuning.fingerprint != record.data.fingerprint:
            continue
        tuned = nearest(tuning.models, record.model, record.embedding_size)
        if tuned is not None and _uses(record, tuned):
            found.append(Bill(tuned, tuning))
    # Of several tunings that chose the same, a run took that of the size nearest to its own.
    best = nearest((bill.tuned for bill in found), record.model, record.embedding_size)
    return next((bill for bill in found if bill.tuned is best), None)


def _uses(record: RunRecord, tuned: Tuned) -> bool:
    own = (record.settings.get("training") or {}) | (record.settings.get("model_settings") or {})
    return all(own.get(name) == value for name, value in tuned.settings.items())
