"""Columns of the table of runs that say what serving draws."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ecorec.analysis.columns import Column
from ecorec.analysis.deployed.served import LOAD, of_record, standing, step_near
from ecorec.serving.energy import PerThousand, total
from ecorec.serving.record import ServingRecord
from ecorec.study.record import RunRecord

UNIT = "J per 1,000 recommendations"


def serving_columns(serving: Mapping[str, Sequence[ServingRecord]]) -> tuple[Column, ...]:
    """Return the columns; their cells are empty for a run that was never under load.

    Args:
        serving: Run id -> its measurements, oldest first.
    """

    def of(value: Callable[[ServingRecord], Any]) -> Callable[[RunRecord], Any]:
        def cell(record: RunRecord) -> Any:
            found = serving.get(record.run_id)
            return value(standing(found)) if found else None

        return cell

    def method(record: RunRecord) -> str:
        found = serving.get(record.run_id)
        return _method(standing(found)) if found else "absent"

    def joules(end: int) -> Callable[[RunRecord], Any]:
        return of(lambda record: _end(of_record(record), end))

    return (
        Column("serving_index", "", "kind of index that was under load", str,
               of(lambda record: record.index.kind)),
        Column("serving_recall", "share", "of the exact first k that the index finds", float,
               of(lambda record: record.index.recall)),
        Column("serving_index_bytes", "B", "memory of the index", int,
               of(lambda record: record.index.size_bytes)),
        Column("serving_marginal_j", UNIT, "beyond the idle server, at half of saturation; of the "
               "index alone without HTTP", float, joules(1), "serving_method"),
        Column("serving_marginal_low_j", UNIT, "low end of the sensors' range", float, joules(0),
               "serving_method"),
        Column("serving_marginal_high_j", UNIT, "high end of the sensors' range", float, joules(2),
               "serving_method"),
        Column("serving_total_j", UNIT, "the idle server's share included; empty without HTTP",
               float, of(_total), "serving_method"),
        Column("serving_method", "", "how those joules were obtained, and at which load", str,
               method),
        Column("serving_p99_s", "s", "99 % of requests were answered within, at that load", float,
               of(_p99)),
        Column("serving_per_s", "recommendations per s", "at saturation; empty without HTTP", float,
               of(lambda record: record.recommendations_per_s)),
    )  # fmt: skip


def _end(found: PerThousand | None, end: int) -> float | None:
    return None if found is None else found.ends_j[end]


def _total(record: ServingRecord) -> float | None:
    step = step_near(record, LOAD)
    found = None if step is None else total(step)
    return None if found is None else found.central_j


def _p99(record: ServingRecord) -> float | None:
    step = step_near(record, LOAD)
    latency = step.latency if step else record.direct[0].latency if record.direct else None
    return None if latency is None else latency.p99_s


def _method(record: ServingRecord) -> str:
    found = of_record(record)
    if found is None:
        return "absent"
    step = step_near(record, LOAD)
    where = "index alone" if step is None else f"{100 * step.load:g} % of saturation"
    return f"{found.method}, energy of the {found.scope}, {where}"
