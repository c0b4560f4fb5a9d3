"""Serving as text: the ladder of one run, and kinds of index side by side."""

import textwrap
from collections.abc import Sequence

from ecorec.analysis.life_cycle import Operation
from ecorec.analysis.served import LOAD, of_record, step_near
from ecorec.energy.reading import Reading
from ecorec.report.ranges import energy_range
from ecorec.report.tables import WIDTH, as_text
from ecorec.serving.energy import PER, PerThousand, marginal, of_direct, of_refresh, power_w, total
from ecorec.serving.manifest import Manifest
from ecorec.serving.record import (
    Direct,
    Latency,
    Refresh,
    Saturation,
    ServingRecord,
    Step,
)
from ecorec.units import format_bytes, format_count, format_duration, format_energy


def progress_line(name: str, found: Direct | Refresh | Saturation | Step | Manifest) -> str:
    """Return one line about what was just measured."""
    if isinstance(found, Manifest):
        return f"{name}: {found.kind}, {_reading(found.build)}"
    if isinstance(found, Saturation):
        return (
            f"{name}: {found.requests_per_s:,.0f} requests/s with {found.connections} under way "
            f"(CPU: server {found.server_cpu_share:.0%}, client {found.client_cpu_share:.0%})"
        )
    if isinstance(found, Refresh):
        seconds = found.reading.duration_s / found.passes
        return f"{name}: {format_duration(seconds)} and {_ends(of_refresh(found), found.reading)}"
    if isinstance(found, Direct):
        rate = f"{found.recommendations_per_s:,.0f} recommendations/s"
        return f"{name}: {rate}, p99 {_ms(found.latency)}, {_each(of_direct(found))} a thousand"
    if found.latency is None:
        watts = power_w(found.server)
        method = "+".join(found.server.methods)
        return f"{name} server: {1000 * watts[1]:.3g} mW {method}" if watts else f"{name} server"
    return (
        f"{name}: {found.throughput_per_s:,.0f} requests/s, p99 {_ms(found.latency)}, "
        f"{_each(total(found))} a thousand in total"
    )


def ladder_text(record: ServingRecord, label: str) -> str:
    """Return everything that one measurement says, at most 100 columns wide."""
    index, settings = record.index, record.settings
    recall = "" if index.recall is None else f" · recall@{index.recall_k} {index.recall:.3f}"
    parts = [
        _wrapped(
            f"{label} · index `{index.kind}`{recall} · {format_bytes(float(index.size_bytes))} · "
            f"{index.n_users:,} users, {index.n_items:,} items"
        ),
        _wrapped(
            f"k = {settings.k} · {settings.users} users · seed {settings.seed} · "
            f"{record.machine.n_cpus} CPUs {record.machine.cpu} · {record.pinning}"
        ),
        "",
        _alone(record),
    ]
    if record.steps:
        parts += ["", _ladder(record)]
    if record.warnings:
        parts += ["", *(_wrapped(f"! {text}") for text in record.warnings)]
    return "\n".join([*parts, "", _wrapped(f"Boundary: {record.boundary}.")])


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _alone(record: ServingRecord) -> str:
    head = ["without HTTP", "lists/s", "p50", "p99", "J per 1,000 (low-high)", ""]
    lines = [
        [
            f"  blocks of {direct.block}",
            f"{direct.recommendations_per_s:,.0f}",
            _ms(direct.latency, "p50_s"),
            _ms(direct.latency),
            *_cells(of_direct(direct)),
        ]
        for direct in record.direct
    ]
    refresh = record.refresh
    if refresh is not None:
        n = refresh.n_users * refresh.passes
        ends = of_refresh(refresh)
        scale = PER / refresh.n_users
        each = None
        if ends is not None:
            method = "+".join(refresh.reading.methods)
            low, central, high = (scale * joules for joules in ends)
            each = PerThousand(low, central, high, method, refresh.reading.scope or "process")
        rate = f"{n / refresh.reading.duration_s:,.0f}"
        lines.append([f"  all {refresh.n_users:,} users", rate, "", "", *_cells(each)])
    return as_text([head, *lines], right=(1, 2, 3, 4))


def _ladder(record: ServingRecord) -> str:
    per_request = record.settings.users_per_request
    what = "requests" if per_request == 1 else f"requests of {per_request} users"
    assert record.saturation is not None
    assert record.idle is not None
    title = (
        f"HTTP, {record.settings.arrivals} arrivals; saturation at "
        f"{record.saturation.requests_per_s:,.0f} {what} a second; J are of 1,000 recommendations, "
        f"{'+'.join(record.idle.server.methods)}, of the {record.idle.server.scope or 'server'}"
    )
    head = ["load", "answered/s", "p50", "p95", "p99", "failed", "J total", "J marginal (low-high)",
            "client J"]  # fmt: skip
    lines = [["  idle", "", "", "", "", "", "", _idle(record.idle), ""]]
    for step in record.steps:
        whole, beyond = total(step), marginal(step, record.idle)
        client = _client(step)
        lines.append(
            [
                f"  {100 * step.load:g} %",
                f"{step.throughput_per_s:,.0f}",
                _ms(step.latency, "p50_s"),
                _ms(step.latency, "p95_s"),
                _ms(step.latency),
                f"{step.n_errors:,}",
                "absent" if whole is None else f"{whole.central_j:.3g}",
                _cells(beyond)[0],
                client,
            ]
        )
    return f"{_wrapped(title)}\n{as_text([head, *lines], right=range(1, 9))}"


def _client(step: Step) -> str:
    joules = step.client.energy_j
    if joules is None or not step.n_recommendations:
        return "absent"
    return f"{PER * joules / step.n_recommendations:.3g}"


def _idle(idle: Step) -> str:
    watts = power_w(idle.server)
    return "absent" if watts is None else f"{1000 * watts[1]:.3g} mW"


def _cells(found: PerThousand | None) -> list[str]:
    if found is None:
        return ["absent", ""]
    return [f"{found.central_j:.3g} ({found.low_j:.3g}-{found.high_j:.3g})", found.method]


def _each(found: PerThousand | None) -> str:
    return "energy absent" if found is None else f"{format_energy(found.central_j)} {found.method}"


def _ms(latency: Latency | None, name: str = "p99_s") -> str:
    if latency is None:
        return ""
    seconds = float(getattr(latency, name))
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def _reading(reading: Reading | None) -> str:
    if reading is None:
        return "absent"
    if reading.energy_j is None or reading.low_j is None or reading.high_j is None:
        return f"energy absent, {format_duration(reading.duration_s)}"
    return _ends((reading.low_j, reading.energy_j, reading.high_j), reading)


def _ends(ends: tuple[float, float, float] | None, reading: Reading) -> str:
    if ends is None:
        return "energy absent"
    low, central, high = ends
    return f"{format_energy(central)} ({energy_range(low, high)}) {'+'.join(reading.methods)}"


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
        ["p99, one by one", *(_ms(d.latency) if d else "" for d in alone)],
    ]
    if with_http:
        steps = [step_near(record, load) for record in records]
        at = f"{100 * steps[0].load:g} %" if steps[0] else ""
        lines += [
            ["HTTP, saturation", *(_saturation(record) for record in records)],
            [f"  1,000 at {at} ({how})", *(_joules(of_record(r, load)) for r in records)],
            ["  p99 there", *(_ms(step.latency) if step else "" for step in steps)],
        ]
    parts = [
        f"{label} · one thread · {first.machine.n_cpus} CPUs {first.machine.cpu}",
        as_text(lines, right=range(1, len(records) + 1), width=WIDTH),
    ]
    if operation is not None and operation.retrain_every_days is not None:
        parts += ["", _amortised(records, operation, load)]
    parts += [_wrapped(f"! {r.index.kind}: {'; '.join(r.warnings)}") for r in records if r.warnings]
    return "\n".join([*parts, "", _wrapped(f"Boundary: {first.boundary}.")])


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
    found = record.saturation
    return "" if found is None else f"{found.requests_per_s:,.0f}/s"


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
    return f"{_wrapped(title)}\n{rows}"
