"""The test metric that a study is compared by."""

from ecorec.analysis.rows import metric_names
from ecorec.errors import InputError, unknown_name
from ecorec.evaluation.metrics import METRICS
from ecorec.study.record import RunRecord


def default_metric(records: list[RunRecord], wanted: str) -> str:
    """Return the study's metric or, if not all were tested in it, the same one at the smallest K.

    A study may select epochs by a metric at a K that it does not test.
    """
    names = _shared(records)
    like = [name for name in names if name.partition("@")[0] == wanted.partition("@")[0]]
    return next((name for name in (wanted, *like) if name in names), wanted)


def check_metric(records: list[RunRecord], metric: str) -> None:
    """Make sure that runs can be compared by a metric.

    Raises:
        InputError: Not all runs have it, or it is not a mean over users.
    """
    known = _shared(records)
    if not known:
        message = "the runs of this study have no test metric in common: their --topk differ"
        hint = "run them with one --topk, in a new folder: --out"
        raise InputError(message, hint=hint)
    if metric not in known:
        listing = f"tested were {', '.join(known)}; in all:"
        raise unknown_name("test metric of this study", metric, known, listing)


def _shared(records: list[RunRecord]) -> list[str]:
    """Return the metrics of accuracy that all runs have, by K."""
    shared = set.intersection(*(set(record.metrics) for record in records))
    return [name for name in metric_names(records) if name in shared and _is_accuracy(name)]


def _is_accuracy(name: str) -> bool:
    """Return whether a metric is a mean over users, so that runs can be compared user by user."""
    return name.partition("@")[0] in METRICS
