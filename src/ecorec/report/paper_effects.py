"""What the quirks did, as text and as rows."""

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from ecorec.analysis.configurations import title
from ecorec.analysis.paper.accounting import WAYS, Counted
from ecorec.analysis.paper.effects import Effect
from ecorec.analysis.words import metric_title
from ecorec.report.tables import as_text, four_decimals
from ecorec.units import format_energy, format_mass

COLUMNS: dict[str, tuple[type, Callable[[Effect], Any]]] = {
    "preset": (str, lambda item: item.ladder.preset),
    "turned": (str, lambda item: item.ladder.sign),
    "quirk": (str, lambda item: item.quirk.name),
    "kind": (str, lambda item: item.quirk.kind),
    "dataset": (str, lambda item: item.dataset),
    "model": (str, lambda item: item.model),
    "embedding_size": (int, lambda item: item.embedding_size),
    "epochs": (int, lambda item: item.epochs),
    "before": (float, lambda item: item.before),
    "after": (float, lambda item: item.after),
    "difference_low": (float, lambda item: item.low),
    "difference_high": (float, lambda item: item.high),
    "n_seeds": (int, lambda item: item.n_seeds),
    "same_test": (bool, lambda item: item.same_test),
    "energy_ratio": (float, lambda item: item.energy.value if item.energy else None),
    "energy_ratio_low": (float, lambda item: item.energy.low if item.energy else None),
    "energy_ratio_high": (float, lambda item: item.energy.high if item.energy else None),
    "energy_method": (str, lambda item: item.method),
    "order_before": (str, lambda item: " > ".join(item.order_before)),
    "order_after": (str, lambda item: " > ".join(item.order_after)),
}
"""Column of the rows -> its type and its value."""


def as_frame(effects: Sequence[Effect], metric: str) -> pl.DataFrame:
    """Return one row a quirk and model."""
    frame = pl.DataFrame(
        {name: [value(item) for item in effects] for name, (_, value) in COLUMNS.items()},
        schema={name: dtype for name, (dtype, _) in COLUMNS.items()},
    )
    return frame.insert_column(8, pl.Series("metric", [metric] * len(frame), dtype=pl.String))


def as_tables(effects: Sequence[Effect], counts: Sequence[Counted], metric: str) -> str:
    """Return a table a ladder and place, the changes of order, and the ways of counting."""
    parts = []
    places = dict.fromkeys(
        (item.ladder, item.dataset, item.embedding_size, item.epochs) for item in effects
    )
    for place in places:
        chosen = [
            item
            for item in effects
            if (item.ladder, item.dataset, item.embedding_size, item.epochs) == place
        ]
        parts.append(_table(chosen, metric))
    if not effects:
        parts.append("No quirk has been run yet, beside a run of its preset with the same epochs.")
    if counts:
        parts.append(_ways(counts))
    return "\n\n".join(parts)


def _table(effects: Sequence[Effect], metric: str) -> str:
    first = effects[0]
    head = ["", metric_title(metric), "turned", "difference (95 %)", "joules", "", "seeds"]
    lines = [_line(item) for item in effects]
    heading = (
        f"{first.ladder.title}: {first.dataset}, size {first.embedding_size}, "
        f"{first.epochs} epoch{'s' if first.epochs > 1 else ''}"
    )
    text = f"{heading}\n{as_text([head, *lines], right=(1, 2, 4))}"
    notes = []
    if not all(item.same_test for item in effects):
        notes.append("? tested on other items: not comparable in quality")
    if any(item.method.endswith("!") for item in effects):
        notes.append("! measured beside other work on the machine")
    notes += dict.fromkeys(filter(None, map(_order, effects)))
    return "\n".join([text, *notes])


def _line(item: Effect) -> list[str]:
    difference = f"{item.after - item.before:+.4f}"
    if item.low is not None and item.high is not None:
        difference += f" ({item.low:+.4f} to {item.high:+.4f})"
    energy = "absent"
    if item.energy is not None:
        energy = f"x {item.energy.value:.3g}"
        if item.energy.low is not None and item.energy.high is not None:
            energy += f" ({item.energy.low:.3g}-{item.energy.high:.3g})"
    return [
        f"{item.ladder.sign} {item.quirk.name}, {title(item.model)}",
        four_decimals(item.before),
        four_decimals(item.after) + ("" if item.same_test else " ?"),
        difference,
        energy,
        item.method,
        str(item.n_seeds),
    ]


def _order(item: Effect) -> str:
    if item.order_before == item.order_after:
        return ""
    before, after = (
        " > ".join(map(title, order)) for order in (item.order_before, item.order_after)
    )
    return f"{item.ladder.sign} {item.quirk.name} changes the order: {before} becomes {after}"


def _ways(counts: Sequence[Counted]) -> str:
    head = ["", *WAYS.values(), "Italy", "Canada", "preset, run"]
    lines = [
        [
            f"{item.dataset} {title(item.model)} d={item.embedding_size}",
            *(_energy(item.energy_j[way]) for way in WAYS),
            _mass(item.emissions_kg("ITA")),
            _mass(item.emissions_kg("CAN")),
            f"{item.preset}, {', '.join(item.conditions)}, {item.method}",
        ]
        for item in counts
    ]
    text = as_text([head, *lines], right=(1, 2, 3, 4, 5))
    return (
        "The same runs, counted in three ways, carried to 400 epochs; Italy and Canada: CO2-eq by "
        f"CodeCarbon\n2.5.0, whose joules are assumed constants\n{text}"
    )


def _energy(energy_j: float | None) -> str:
    return "absent" if energy_j is None else format_energy(energy_j)


def _mass(emissions_kg: float | None) -> str:
    return "absent" if emissions_kg is None else format_mass(emissions_kg * 1000)
