"""Two studies held against each other as text."""

from ecorec.analysis.elsewhere.across import Across, Pair, SharedBenchmark
from ecorec.analysis.elsewhere.at_quality import AtQuality
from ecorec.analysis.energy_to_quality import ToQuality
from ecorec.analysis.words import metric_title, quality
from ecorec.report.paragraphs import WIDTH, wrapped
from ecorec.report.ranges import between
from ecorec.report.tables import as_text
from ecorec.study.store import StoredStudy
from ecorec.units import format_energy

REFUSED = "refused"
"""Among what was said of all pairs."""

OVERRULE = " (--with-contaminated compares them all the same)"
"""What to do where runs beside other work are refused."""

MOST_ALONE = 6
"""Configurations of one study only that are named."""


def heading(name: str, study: StoredStudy) -> str:
    """Return which study a letter stands for, where and when it ran."""
    machines = dict.fromkeys(
        f"{r.machine.cpu}, {r.machine.n_cpus} CPUs ({r.machine.machine_id[:6]})"
        for r in study.records
    )
    days = sorted(record.created_at[:10] for record in study.records)
    when = days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
    return f"{name}: {study.path} · {'; '.join(machines)} · {when}"


def compared(found: Across) -> str:
    """Return what compares, benchmark by benchmark, and what does not, and why."""
    parts = [_benchmark(item) for item in found.benchmarks]
    if found.unshared:
        parts.append("\n".join(wrapped(f"Not compared: {text}") for text in found.unshared))
    return "\n\n".join(parts)


def _benchmark(found: SharedBenchmark) -> str:
    parts = [found.title]
    if found.pairs:
        parts += _fixed_work(found.pairs)
    else:
        parts.append("Fixed work: no model ran under the same settings in both.")
    for label, reason in found.alone[:MOST_ALONE]:
        parts.append(wrapped(f"Not compared: {label}, {reason}"))
    if len(found.alone) > MOST_ALONE:
        parts.append(f"Not compared: {len(found.alone) - MOST_ALONE} more of one study only")
    parts.append(_at_quality(found.quality))
    return "\n".join(parts)


def _fixed_work(pairs: tuple[Pair, ...]) -> list[str]:
    head = ["Fixed work", "A", "B", "", "B / A energy", "", "time"]
    same = [text for text in pairs[0].differs if all(text in pair.differs for pair in pairs)]
    parts = [
        as_text([head, *map(_line, pairs)], right=(1, 2, 4, 5, 6), width=WIDTH),
        "energy: central joules of a run [95 % of the ratio: five seeds each or, of one, repeats]",
    ]
    if any(pair.watts for pair in pairs):
        parts.append("(…): if the watts of each machine are anywhere in their range")
    if same:
        parts.append(wrapped(f"All differ in {'; '.join(same)}"))
    reasons = {pair.refused for pair in pairs}
    if len(pairs) > 1 and len(reasons) == 1 and pairs[0].refused:
        overruled = any(not item.clean for pair in pairs for item in (pair.first, pair.second))
        parts.append(wrapped(f"All refused: {pairs[0].refused}{OVERRULE if overruled else ''}"))
        same.append(REFUSED)
    return parts + [wrapped(text) for pair in pairs if (text := _note(pair, same))]


def _line(pair: Pair) -> list[str]:
    return [
        f"  {pair.label}",
        *(_joules(item.energy.mean_j if item.energy else None)
          for item in (pair.first, pair.second)),
        pair.first.energy.method if pair.first.energy else "absent",
        _ratio(pair),
        "" if pair.watts is None else f"({pair.watts[0]:.2f}-{pair.watts[1]:.2f})",
        "-" if pair.seconds is None else f"{pair.seconds:.2f}",
    ]  # fmt: skip


def _joules(energy_j: float | None) -> str:
    return "-" if energy_j is None else format_energy(energy_j)


def _ratio(pair: Pair) -> str:
    if pair.energy is None:
        return "refused"
    low, high = pair.energy.low, pair.energy.high
    span = "" if low is None or high is None else f" [{low:.2f}-{high:.2f}]"
    return f"{pair.energy.value:.2f}{span}"


def _note(pair: Pair, said: list[str]) -> str:
    """Return why there is no ratio, and what differs beside what was said of all."""
    parts = [f"refused, {pair.refused}"] if pair.refused and REFUSED not in said else []
    own = [text for text in pair.differs if text not in said]
    parts += [f"differs in {'; '.join(own)}"] if own else []
    return f"  {pair.label}: {'; '.join(parts)}" if parts else ""


def _at_quality(found: AtQuality | None) -> str:
    if found is None:
        return "Fixed quality: not both studies have validation in one metric."
    title = f"validation {metric_title(found.metric)} {quality(found.target)}"
    ways = [
        _way(name, way, why)
        for name, way, why in zip("AB", (found.first, found.second), found.lacking, strict=True)
    ]
    text = f"Fixed quality, cheapest way to {title}: {'; '.join(ways)}."
    if found.refused:
        text += f" Not compared: {found.refused}."
    elif found.first and found.second and found.first.energy_j and found.second.energy_j:
        times = found.second.energy_j[1] / found.first.energy_j[1]
        text += f" B takes {times:.2g} times the central energy of A."
    return wrapped(text)


def _way(name: str, way: ToQuality | None, lacking: str) -> str:
    if way is None or way.energy_j is None:
        return f"{name} {lacking}"
    low, central, high = way.energy_j
    method = "+".join(dict.fromkeys(one.method for one in way.reached))
    joules = f"{format_energy(central)} ({between(low, high, format_energy)}) {method}"
    return f"{name} {way.configuration.label}, {joules}"
