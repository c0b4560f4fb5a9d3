"""Quality on validation of what was tested: choices are made by it, so that test is used once."""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from ecorec.analysis.configurations import Configuration
from ecorec.study.record import RunRecord


def selecting_metric(members: Sequence[Configuration], otherwise: str) -> str:
    """Return the metric that the most runs chose their epoch by.

    Args:
        members: Configurations of one data set and split.
        otherwise: Where none of them was trained in epochs.
    """
    used = Counter(r.selection_metric for item in members for r in item.records)
    del used[""]
    return used.most_common(1)[0][0] if used else otherwise


def validation_of(record: RunRecord, metric: str) -> float | None:
    """Return the metric on validation of the model that was tested; `None` if not known.

    Of a trained model only the metric that chose its epoch is known; as the best of several
    epochs it errs on the high side, a little. Records of a fit in closed form that are older
    than its validation have none.
    """
    if record.epochs:
        if record.selection_metric != metric:
            return None
        return next((e.validation for e in record.epochs if e.epoch == record.best_epoch), None)
    return record.validation.get(metric)


def validated(configuration: Configuration, metric: str) -> float | None:
    """Return the metric on validation, averaged over seeds; `None` unless all have it."""
    by_run = {record.run_id: validation_of(record, metric) for record in configuration.records}
    known = [value for value in by_run.values() if value is not None]
    return fmean(known) if known and len(known) == len(by_run) else None
