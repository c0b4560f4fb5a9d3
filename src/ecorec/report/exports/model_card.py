"""A Hugging Face model card: metadata in YAML, `co2_eq_emissions` in grams, and what to know."""

import json
from collections.abc import Sequence

from ecorec.analysis.configurations import configurations, title
from ecorec.analysis.run_energy import Energy
from ecorec.analysis.words import metric_title
from ecorec.energy.emissions import emissions_g
from ecorec.energy.isolation import MOST_FOREIGN
from ecorec.errors import InputError
from ecorec.report.exports.selected import Selected
from ecorec.report.ranges import between
from ecorec.study.record import RunRecord
from ecorec.units import format_energy, format_mass
from ecorec.version import VERSION

METRICS = ("ndcg", "recall", "hit", "precision", "mrr")


def model_card(selected: Selected) -> str:
    """Return the card of one run; grams only where a grid was stated.

    Raises:
        InputError: It is not one run.
    """
    runs = dict.fromkeys(record.run_id for record in selected.records)
    if len(runs) > 1:
        message = f"a model card is of one run, and {selected.study.path} has {len(runs)}"
        hint = f"give one: {selected.study.path}/runs/{next(iter(runs))}, say; `ecorec choose`"
        raise InputError(message, hint=f"{hint} names the one to deploy")
    record = selected.records[0]
    item = configurations([*selected.records])[0]
    # One run was trained once, whatever it was measured beside: its emissions are those.
    energy = item.energy or item.energy_beside_others
    beside = "" if item.clean else _beside(selected.records)
    body = _body(record, energy, selected, beside)
    return f"---\n{_front_matter(record, energy, selected)}---\n\n{body}"


def _front_matter(record: RunRecord, energy: Energy | None, selected: Selected) -> str:
    lines = ["library_name: ecorec", "tags:", "- recommender-system", f"- {record.model}"]
    if energy is not None and selected.grid is not None:
        grams = emissions_g(energy.mean_j, selected.grid, selected.pue)
        lines += [
            "co2_eq_emissions:",
            f"  emissions: {grams!r}",
            f"  source: {_text(_source(energy, selected))}",
            "  training_type: pre-training",
            f"  geographical_location: {_text(selected.grid.place)}",
            f"  hardware_used: {_text(_hardware(record))}",
        ]
    name = f"{record.model}-{record.run_id}"
    lines += [
        "model-index:",
        f"- name: {_text(name)}",
        "  results:",
        "  - task:",
        "      type: recommendation",
        "    dataset:",
        f"      type: {_text(record.data.name)}",
        f"      name: {_text(record.data.name)}",
        "    metrics:",
    ]
    for metric, value in _shown(record):
        lines += [f"    - type: {_text(metric)}", f"      value: {value!r}",
                  f"      name: {_text(f'test {metric_title(metric)}')}"]  # fmt: skip
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    # A JSON string is a YAML string, whatever is in it.
    return json.dumps(value, ensure_ascii=False)


def _source(energy: Energy, selected: Selected) -> str:
    return (
        f"ecorec {VERSION}: {energy.mean_j:.4g} J ({energy.low_j:.4g} to {energy.high_j:.4g} J, "
        f"{energy.method}) x PUE {selected.pue:g} x {selected.grid.in_words()}"
        if selected.grid
        else f"ecorec {VERSION}"
    )


def _hardware(record: RunRecord) -> str:
    machine = record.machine
    virtual = ", virtual machine" if machine.virtualised else ""
    return f"{machine.cpu}, {record.threads} of {machine.n_cpus} logical CPUs{virtual}"


def _shown(record: RunRecord) -> list[tuple[str, float]]:
    return [
        (name, value) for name, value in record.metrics.items() if name.partition("@")[0] in METRICS
    ]


def _beside(records: Sequence[RunRecord]) -> str:
    """Return that the joules are not the run's own, with the most that others had."""
    most = max((r.isolation.foreign_share for r in records if r.isolation), default=0.0)
    had = f" ({100 * most:.0f} % of its CPU time)" if most > MOST_FOREIGN else ""
    return f"Measured beside other work on the machine{had}: not comparable."


def _body(record: RunRecord, energy: Energy | None, selected: Selected, beside: str) -> str:
    """Return the card's text; `beside` says what else ran, empty if nothing did."""
    size = f", embedding size {record.embedding_size}" if record.embedding_size else ""
    parts = [
        f"# {title(record.model)} on {record.data.name}",
        f"{title(record.model)}{size}, {record.n_parameters:,} parameters. "
        f"{record.data.n_users:,} users, {record.data.n_items:,} items, "
        f"{record.data.n_interactions:,} interactions; {record.split.protocol}; full ranking.",
        "## Energy",
    ]
    if energy is None:
        parts.append("Energy was not read (method: absent).")
    else:
        n = energy.n_measurements
        text = (
            f"One training run: {format_energy(energy.mean_j)} "
            f"({between(energy.low_j, energy.high_j, format_energy)}, {energy.method}; "
            f"{n} measurement{'' if n == 1 else 's'}), loading, validation and test included."
        )
        if selected.grid is not None:
            grams = emissions_g(energy.mean_j, selected.grid, selected.pue)
            text += f" {format_mass(grams)} CO2-eq at {selected.grid.in_words()}."
        else:
            text += " No grid was stated, so no grams are given."
        parts.append(text)
        parts += [beside] if beside else []
        parts.append("Not in it: tuning, serving, and the making of the machine.")
    parts += ["## Again", f"    {record.command}"]
    return "\n\n".join(parts) + "\n"
