"""How a study was measured, in words: scope, methods paragraph, provenance."""

from typing import Any

from ecorec.analysis.configurations import title
from ecorec.analysis.study_analysis import Benchmark, StudyAnalysis
from ecorec.analysis.two_readings import bills_cpu_time, difference_in_words
from ecorec.analysis.words import listed
from ecorec.data.reduction import ReductionSettings
from ecorec.study.record import RunRecord
from ecorec.units import format_energy


def scope(benchmark: Benchmark) -> list[tuple[str, str]]:
    """Return what a verdict holds for, as pairs of a name and its words."""
    record = benchmark.first
    data = record.data
    machine = _on(benchmark)[0].machine
    sizes = f"{data.n_users:,} users, {data.n_items:,} items, {data.n_interactions:,} interactions"
    dates = sorted(item.created_at[:10] for c in benchmark.configurations for item in c.records)
    return [
        ("Data", "; ".join([f"{data.name}: {sizes}", *data.filters])),
        ("Protocol", f"{record.split.protocol}, full ranking of all items"),
        ("Preset", ", ".join(_distinct(r.preset for r in _all(benchmark)))),
        ("Machine", f"{machine.n_cpus} logical CPUs, {machine.cpu}{_virtual(machine.virtualised)}"),
        ("Energy", _how(_on(benchmark))),
        ("Date", dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"),
    ]


def methods(analysis: StudyAnalysis) -> str:
    """Return a paragraph that can be pasted into a paper."""
    records = analysis.study.records
    reduced = [
        ReductionSettings(**found) for r in records if (found := r.settings.get("reduction"))
    ]
    trained = [record for record in records if record.max_epochs is not None]
    used = records[0].versions
    parts = [
        f"{listed(_distinct(title(r.model) for r in records))} were compared on "
        f"{listed(_distinct(r.data.name for r in records))}. Interactions were split by "
        f"{listed(_distinct(_split(r) for r in records))}; graph, popularity and negatives "
        "use training interactions only.",
    ]
    if reduced:
        parts.append(
            f"Some runs were trained on a part of the training interactions "
            f"({listed(_distinct(item.in_words() for item in reduced))}; random parts are "
            "nested); validation, test and the items that compete for a place are the same for all."
        )
    if trained:
        chosen = listed(_distinct(r.selection_metric for r in trained))
        presets = listed(_distinct(r.preset for r in trained))
        parts.append(
            f"Trained models use Adam (preset {presets}) and are tested at the epoch with the best "
            f"validation {chosen}."
        )
    parts += [
        "Quality is the mean over users of full rankings of all items, seen items masked, equal "
        "scores ordered by a seeded hash. Two configurations are told apart by a paired test over "
        "users whose variance includes that between seeds, corrected by the studentized range of "
        "all configurations at 5 %.",
        *_tuning(analysis),
        *_energy(records),
        "A run comprises loading, splitting, graph, initialisation, training, validation, test and "
        "checkpoint; compilation is billed apart, once a session.",
        *_metering(records),
        *filter(None, [difference_in_words(records, analysis.grid)]),
        *_complexity(records),
        f"Grams of CO2-eq are joules x PUE {analysis.pue:g} x {analysis.grid.in_words()}."
        if analysis.grid
        else "No grid was stated, so no grams are given.",
        f"Software: {', '.join(f'{name} {version}' for name, version in used.items())}.",
    ]
    return " ".join(parts)


def provenance(analysis: StudyAnalysis) -> list[dict[str, str]]:
    """Return where every measurement comes from, one entry each."""
    return [
        {
            "run_id": record.run_id,
            "command": record.command,
            "created_at": record.created_at,
            "machine": f"{record.machine.cpu}, {record.machine.os} ({record.machine.machine_id})",
            "versions": ", ".join(f"{k} {v}" for k, v in record.versions.items()),
        }
        for record in analysis.study.records
    ]


def _tuning(analysis: StudyAnalysis) -> list[str]:
    """Return how settings were chosen and what that cost, model by model."""
    sentences = []
    for tuning in analysis.tunings:
        prices = [
            f"{tuned.label} ({tuned.n_trials} trials, {format_energy(tuned.bill.energy_j)} "
            f"{tuned.method})"
            for tuned in tuning.models
            if tuned.bill.energy_j is not None
        ]
        if prices:
            sentences.append(
                f"Settings were tuned on {tuning.dataset} by validation "
                f"{' against '.join(tuning.objective)} with {tuning.search}, at other sizes taken "
                f"from the nearest: {', '.join(prices)}. Joules of runs do not include it."
            )
    return sentences


def _energy(records: list[RunRecord]) -> list[str]:
    sentences = []
    modelled = [record for record in records if bills_cpu_time(record)]
    billed = {(r.machine.watts_per_cpu, r.machine.watts_source) for r in modelled}
    for (low, central, high), source in sorted(billed):
        sentences.append(
            f"Energy of the CPU is the process tree's CPU time (exact) times {low:g} to "
            f"{high:g} W (central {central:g} W) a busy logical CPU: {source.rstrip('.')}."
        )
    used = _distinct(
        f"{item.component} by {item.sensor} ({item.method})"
        for r in records
        for item in r.total.components
        if item.energy_j is not None
    )
    if used:
        sentences.append(f"Sensors: {', '.join(used)}.")
    return sentences


def _complexity(records: list[RunRecord]) -> list[str]:
    """Return where multiply-adds, bytes and shares of the roof come from."""
    if all(record.cost is None for record in records):
        return []
    return [
        "Multiply-adds and bytes are by formula, not counted in the run; the share of the roof is "
        "a model: the least time of that work at rates measured on the machine, over the seconds "
        "of training."
    ]


def _metering(records: list[RunRecord]) -> list[str]:
    """Return what measuring itself cost, and the rest that is in no phase."""
    lasting = [r for r in records if r.total.duration_s > 0]
    if not lasting:
        return []
    meter = max(r.metering_s / r.total.duration_s for r in lasting)
    rest = max(r.unbooked.duration_s / r.total.duration_s for r in lasting)
    start = max((r.codecarbon.startup_s for r in lasting if r.codecarbon), default=0.0)
    return [
        f"Reading the sensors took at most {meter:.2%} of a run; at most {rest:.2%} of a run is in "
        f"no phase. CodeCarbon's start and stop, {start:.1f} s at most, is in no run."
    ]


def _how(records: list[RunRecord]) -> str:
    """Return the method of every component, with the watts where the CPU is modelled."""
    found = []
    for item in (item for record in records for item in record.total.components):
        if item.energy_j is None:
            continue
        low, _, high = records[0].machine.watts_per_cpu
        watts = f", {low:g} to {high:g} W a busy CPU" if item.sensor == "cpu-time" else ""
        found.append(f"{item.component} {item.method} ({item.scope}{watts})")
    return "; ".join(_distinct(found)) or "absent"


def _split(record: RunRecord) -> str:
    seed = "" if record.split.seed is None else f" (seed {record.split.seed})"
    return f"{record.split.protocol}{seed}"


def _all(benchmark: Benchmark) -> list[RunRecord]:
    return [record for item in benchmark.configurations for record in item.records]


def _on(benchmark: Benchmark) -> list[RunRecord]:
    """Return the records of the machine whose joules are compared."""
    return [r for r in _all(benchmark) if r.machine.machine_id == benchmark.machine_id]


def _virtual(virtualised: bool | None) -> str:
    return " (virtual machine)" if virtualised else ""


def _distinct(words: Any) -> list[str]:
    return list(dict.fromkeys(words))
