"""Serving as text: kinds of index side by side."""

from collections.abc import Sequence

from ecorec.analysis.deployed.life_cycle import Operation
from ecorec.analysis.deployed.served import LOAD, of_record, step_near
from ecorec.energy.reading import Reading
from ecorec.report.paragraphs import WIDTH, wrapped
from ecorec.report.serving import latency_in_words
from ecorec.report.tables import as_text
from ecorec.serving.energy import PER, PerThousand, of_direct, of_refresh
from ecorec.serving.record import Direct, ServingRecord
from ecorec.units import format_bytes, format_count, format_duration, format_energy


def comparison_text(
    records: Sequence[ServingRecord], label: str, operation: Operation | None, load: float = LOAD
) -> str:
    """Return kinds of index side by side, at most 100 columns wide.

    Args:
        records: One of each kind.
        label: What they are of.
        operation: Requests a day and retrain cadence, over which a refresh is spread.
        load: Step of the ladder that is shown, where there was one.
    """
    first = records[0]
    with_http = all(record.steps for record in records)
    alone = [_alone_of(record, 1) for record in records]
    blocks = [_alone_of(record, 64) for record in records]
    how = _methods(records)
    lines = [
        ["", *(record.index.kind for record in records)],
        [f"recall@{first.settings.k}", *(_recall(record) for record in records)],
        ["memory", *(format_bytes(float(record.index.size_bytes)) for record in records)],
        [f"build ({how})", *(_central(record.index.build) for record in records)],
        ["  seconds", *(_seconds(record.index.build) for record in records)],
        [f"all users once ({how})", *(_refresh(record) for record in records)],
        [f"1,000 one by one ({how})", *(_joules(of_direct(d) if d else None) for d in alone)],
        [f"  in blocks of 64 ({how})", *(_joules(of_direct(d) if d else None) for d in blocks)],
        ["p99, one by one", *(latency_in_words(d.latency) if d else "" for d in alone)],
    ]
    if with_http:
        steps = [step_near(record, load) for record in records]
        at = f"{100 * steps[0].load:g} %" if steps[0] else ""
        lines += [
            ["HTTP, saturation", *(_saturation(record) for record in records)],
            [f"  1,000 at {at} ({how})", *(_joules(of_record(r, load)) for r in records)],
            ["  p99 there", *(latency_in_words(step.latency) if step else "" for step in steps)],
        ]
    parts = [
        f"{label} · one thread · {first.machine.n_cpus} CPUs {first.machine.cpu}",
        as_text(lines, right=range(1, len(records) + 1), width=WIDTH),
    ]
    if operation is not None and operation.retrain_every_days is not None:
        parts += ["", _amortised(records, operation, load)]
    parts += [wrapped(f"! {r.index.kind}: {'; '.join(r.warnings)}") for r in records if r.warnings]
    return "\n".join([*parts, "", wrapped(f"Boundary: {first.boundary}.")])


def _alone_of(record: ServingRecord, block: int) -> Direct | None:
    return next((direct for direct in record.direct if direct.block == block), None)


def _methods(records: Sequence[ServingRecord]) -> str:
    found = [d.reading.methods for record in records for d in record.direct]
    return "+".join(dict.fromkeys(name for methods in found for name in methods)) or "absent"


def _central(reading: Reading | None) -> str:
    if reading is None or reading.energy_j is None:
        return "absent"
    return format_energy(reading.energy_j)


def _recall(record: ServingRecord) -> str:
    return "absent" if record.index.recall is None else f"{record.index.recall:.4f}"


def _seconds(reading: Reading | None) -> str:
    return "absent" if reading is None else format_duration(reading.duration_s)


def _joules(found: PerThousand | None) -> str:
    return "absent" if found is None else format_energy(found.central_j)


def _saturation(record: ServingRecord) -> str:
    found = record.recommendations_per_s
    return "" if found is None else f"{found:,.0f} lists/s"


def _refresh(record: ServingRecord) -> str:
    ends = None if record.refresh is None else of_refresh(record.refresh)
    if ends is None or record.refresh is None:
        return "absent"
    return format_energy(ends[1])


def _amortised(records: Sequence[ServingRecord], operation: Operation, load: float) -> str:
    days = operation.retrain_every_days or 1.0
    served = operation.requests_per_day * days
    title = (
        f"With the build spread over {format_count(served)} recommendations "
        f"({format_count(operation.requests_per_day)} a day, rebuilt every {days:g} days), J per "
        "1,000:"
    )
    cells = []
    for record in records:
        each, build = of_record(record, load), record.index.build
        if each is None or build is None or build.energy_j is None:
            cells.append("absent")
            continue
        joules = each.central_j + PER * build.energy_j / served
        cells.append(format_energy(joules))
    kinds = ["", *(record.index.kind for record in records)]
    rows = as_text(
        [kinds, [f"build and serving ({_methods(records)})", *cells]],
        right=range(1, len(records) + 1),
    )
    return f"{wrapped(title)}\n{rows}"
