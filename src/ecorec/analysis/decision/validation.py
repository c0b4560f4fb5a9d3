"""Validation metrics of tested models, so that choices need not be made on test."""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from ecorec.analysis.configurations import Configuration
from ecorec.study.record import RunRecord


def selecting_metric(members: Sequence[Configuration], otherwise: str) -> str:
    """Return the metric that the most runs chose their epoch by.

    Args:
        members: Configurations of one data set and split.
        otherwise: Returned if none of them was trained in epochs.
    """
    used = Counter(r.selection_metric for item in members for r in item.records)
    del used[""]
    return used.most_common(1)[0][0] if used else otherwise


def validation_of(record: RunRecord, metric: str) -> float | None:
    """Return the validation metric of the tested model; `None` if it is not known.

    For a trained model, only the metric that chose its epoch is known; being the best of several
    epochs, it is a little too high. Old records of fits in closed form have none.
    """
    if record.epochs:
        if record.selection_metric != metric:
            return None
        return next((e.validation for e in record.epochs if e.epoch == record.best_epoch), None)
    return record.validation.get(metric)


def validated(configuration: Configuration, metric: str) -> float | None:
    """Return the validation metric, averaged over seeds; `None` unless every seed has it."""
    by_run = {record.run_id: validation_of(record, metric) for record in configuration.records}
    known = [value for value in by_run.values() if value is not None]
    return fmean(known) if known and len(known) == len(by_run) else None
