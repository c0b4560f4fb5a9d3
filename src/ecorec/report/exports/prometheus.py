"""Prometheus' text format, for the node exporter's textfile collector: joules and seconds.

Counters, one a measurement and phase; phases and `unbooked` add up to the run. Low and high
ends of the sensors' range are metrics of their own, so that a sum over labels adds no joule twice.
"""

from collections.abc import Iterator

from ecorec.analysis.run_energy import phases_of
from ecorec.energy.reading import Reading
from ecorec.report.exports.selected import Selected
from ecorec.study.record import RunRecord

ENERGY = (
    ("ecorec_run_energy_joules_total", "energy_j", "Energy of a phase of a run, central value."),
    ("ecorec_run_energy_low_joules_total", "low_j", "Low end of the sensors' range."),
    ("ecorec_run_energy_high_joules_total", "high_j", "High end of the sensors' range."),
)


def prometheus_text(selected: Selected) -> str:
    """Return the metrics of every measurement; what was not read has no sample."""
    lines: list[str] = []
    for name, end, words in ENERGY:
        samples = [
            (labels | {"phase": phase.name, "method": "+".join(phase.methods)}, joules)
            for labels, record in _labelled(selected)
            for phase in _phases(record)
            if (joules := getattr(phase, end)) is not None
        ]
        lines += _metric(name, "counter", words, samples)
    records = [*_labelled(selected)]
    lines += _metric(
        "ecorec_run_duration_seconds_total", "counter", "Seconds of a run by the clock.",
        [(labels, record.total.duration_s) for labels, record in records],
    )  # fmt: skip
    grams = [
        (labels | {"method": "+".join(record.total.methods)}, found)
        for labels, record in records
        if (found := selected.grams(record.total.energy_j)) is not None
    ]
    place = selected.grid.in_words() if selected.grid else ""
    lines += _metric(
        "ecorec_run_emissions_grams_total", "counter",
        f"Grams of CO2-eq: joules x PUE {selected.pue:g} x {place}.", grams,
    )  # fmt: skip
    quality = [
        (labels | {"metric": name}, value)
        for labels, record in records
        for name, value in record.metrics.items()
    ]
    lines += _metric("ecorec_run_quality", "gauge", "Test metric of a run.", quality)
    return "\n".join(lines) + "\n"


def _labelled(selected: Selected) -> Iterator[tuple[dict[str, str], RunRecord]]:
    for record in selected.records:
        yield (
            {
                "run_id": record.run_id,
                "measurement_id": record.measurement_id,
                "dataset": record.data.name,
                "model": record.model,
                "embedding_size": str(record.embedding_size or ""),
                "scope": record.total.scope or "absent",
                "contaminated": str(record.contaminated).lower(),
            },
            record,
        )


def _phases(record: RunRecord) -> tuple[Reading, ...]:
    return (*phases_of(record), record.unbooked)


def _metric(
    name: str, kind: str, words: str, samples: list[tuple[dict[str, str], float]]
) -> list[str]:
    if not samples:
        return []
    escaped = words.replace("\\", "\\\\").replace("\n", "\\n")
    head = [f"# HELP {name} {escaped}", f"# TYPE {name} {kind}"]
    return head + [f"{name}{{{_labels(labels)}}} {value!r}" for labels, value in samples]


def _labels(labels: dict[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
