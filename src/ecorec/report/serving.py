"""Serving as text: the ladder of one run, and lines while it is measured."""

from ecorec.energy.reading import Reading
from ecorec.report.paragraphs import wrapped
from ecorec.report.ranges import between
from ecorec.report.tables import as_text
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
from ecorec.units import format_bytes, format_duration, format_energy, format_power


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
        p99, each = latency_in_words(found.latency), _each(of_direct(found))
        return f"{name}: {rate}, p99 {p99}, {each} a thousand"
    if found.latency is None:
        watts = power_w(found.server)
        method = "+".join(found.server.methods)
        return f"{name} server: {format_power(watts[1])} {method}" if watts else f"{name} server"
    return (
        f"{name}: {found.throughput_per_s:,.0f} requests/s, p99 {latency_in_words(found.latency)}, "
        f"{_each(total(found))} a thousand in total"
    )


def ladder_text(record: ServingRecord, label: str) -> str:
    """Return everything that one measurement says, at most 100 columns wide."""
    index, settings = record.index, record.settings
    recall = "" if index.recall is None else f" · recall@{index.recall_k} {index.recall:.3f}"
    parts = [
        wrapped(
            f"{label} · index `{index.kind}`{recall} · {format_bytes(float(index.size_bytes))} · "
            f"{index.n_users:,} users, {index.n_items:,} items"
        ),
        wrapped(
            f"k = {settings.k} · {settings.users} users · seed {settings.seed} · "
            f"{record.machine.n_cpus} CPUs {record.machine.cpu} · {record.pinning}"
        ),
        "",
        _alone(record),
    ]
    if record.steps:
        parts += ["", _ladder(record)]
    if record.warnings:
        parts += ["", *(wrapped(f"! {text}") for text in record.warnings)]
    return "\n".join([*parts, "", wrapped(f"Boundary: {record.boundary}.")])


def _alone(record: ServingRecord) -> str:
    head = ["without HTTP", "lists/s", "p50", "p99", "J per 1,000 (low-high)", ""]
    lines = [
        [
            f"  blocks of {direct.block}",
            f"{direct.recommendations_per_s:,.0f}",
            latency_in_words(direct.latency, "p50_s"),
            latency_in_words(direct.latency),
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
                latency_in_words(step.latency, "p50_s"),
                latency_in_words(step.latency, "p95_s"),
                latency_in_words(step.latency),
                f"{step.n_errors:,}",
                "absent" if whole is None else f"{whole.central_j:.3g}",
                _cells(beyond)[0],
                client,
            ]
        )
    return f"{wrapped(title)}\n{as_text([head, *lines], right=range(1, 9))}"


def _client(step: Step) -> str:
    joules = step.client.energy_j
    if joules is None or not step.n_recommendations:
        return "absent"
    return f"{PER * joules / step.n_recommendations:.3g}"


def _idle(idle: Step) -> str:
    watts = power_w(idle.server)
    return "absent" if watts is None else format_power(watts[1])


def _cells(found: PerThousand | None) -> list[str]:
    if found is None:
        return ["absent", ""]
    return [f"{found.central_j:.3g} ({found.low_j:.3g}-{found.high_j:.3g})", found.method]


def _each(found: PerThousand | None) -> str:
    return "energy absent" if found is None else f"{format_energy(found.central_j)} {found.method}"


def latency_in_words(latency: Latency | None, name: str = "p99_s") -> str:
    """Return a quantile, e.g. `3.2 ms`; nothing where there is none."""
    if latency is None:
        return ""
    return format_duration(float(getattr(latency, name)))


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
    span = between(low, high, format_energy)
    return f"{format_energy(central)} ({span}) {'+'.join(reading.methods)}"
