"""What the quirks did, as text and as rows."""

from collections.abc import Sequence

import polars as pl

from ecorec.analysis.configurations import title
from ecorec.analysis.paper.accounting import WAYS, Counted
from ecorec.analysis.paper.effects import Effect
from ecorec.analysis.verdict import metric_title
from ecorec.report.tables import as_text
from ecorec.units import format_energy, format_mass


def as_frame(effects: Sequence[Effect], metric: str) -> pl.DataFrame:
    """Return one row a quirk and model."""
    return pl.DataFrame(
        [
            {
                "preset": item.ladder.preset,
                "turned": item.ladder.sign,
                "quirk": item.quirk.name,
                "kind": item.quirk.kind,
                "dataset": item.dataset,
                "model": item.model,
                "embedding_size": item.embedding_size,
                "epochs": item.epochs,
                "metric": metric,
                "before": item.before,
                "after": item.after,
                "difference_low": item.low,
                "difference_high": item.high,
                "n_seeds": item.n_seeds,
                "same_test": item.same_test,
                "energy_ratio": item.energy.value if item.energy else None,
                "energy_ratio_low": item.energy.low if item.energy else None,
                "energy_ratio_high": item.energy.high if item.energy else None,
                "energy_method": item.method,
                "order_before": " > ".join(item.order_before),
                "order_after": " > ".join(item.order_after),
            }
            for item in effects
        ],
        schema_overrides={
            "difference_low": pl.Float64, "difference_high": pl.Float64,
            "energy_ratio": pl.Float64, "energy_ratio_low": pl.Float64,
            "energy_ratio_high": pl.Float64,
        },
    )  # fmt: skip


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
        _quality(item.before),
        _quality(item.after) + ("" if item.same_test else " ?"),
        difference,
        energy,
        item.method,
        str(item.n_seeds),
    ]


def _quality(value: float) -> str:
    return f"{value:.4f}".removeprefix("0")


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
