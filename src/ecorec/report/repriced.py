"""A study under other grids as text and as rows: grams with method, year, source and ranges."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from ecorec.analysis.repricing import GridView, Repriced
from ecorec.energy.embodied import EmbodiedSettings, Grams
from ecorec.energy.sci import NOT_SERVED
from ecorec.report.tables import as_text
from ecorec.units import format_energy, format_mass


@dataclass(frozen=True)
class PricedColumn:
    """One column of the rows, with its unit, its meaning, and what says how it was obtained."""

    name: str
    unit: str
    meaning: str
    dtype: type[str] | type[int] | type[float] | type[bool]
    value: Callable[[Repriced], Any]
    method: str = ""
    """Column that says how the number was obtained."""


def _end(end: str, of: Callable[[Repriced], Grams | None]) -> Callable[[Repriced], float | None]:
    def value(item: Repriced) -> float | None:
        grams = of(item)
        return None if grams is None else float(getattr(grams, end))

    return value


def _joules(name: str) -> Callable[[Repriced], float | None]:
    return lambda item: None if item.energy is None else float(getattr(item.energy, name))


def _pair(name: str, at: int) -> Callable[[Repriced], float | None]:
    def value(item: Repriced) -> float | None:
        pair = getattr(item, name)
        return None if pair is None else float(pair[at])

    return value


def _energy_method(item: Repriced) -> str:
    return "absent" if item.energy is None else item.energy.method


def emissions_method(item: Repriced) -> str:
    """Return what is behind the grams: method of the joules, PUE, the factor's year and source."""
    grid = item.view.grid.in_words()
    return f"{_energy_method(item)} joules x PUE {item.view.pue:g} x {grid}"


def _year(item: Repriced, end: str) -> int | None:
    years = item.view.years
    return None if years is None else getattr(years, end).year


def _grams(prefix: str, of: Callable[[Repriced], Grams | None], what: str, method: str
           ) -> tuple[PricedColumn, ...]:  # fmt: skip
    ends = (
        ("_g", "central_g", "central"),
        ("_low_g", "low_g", "low"),
        ("_high_g", "high_g", "high"),
    )
    return tuple(
        PricedColumn(
            f"{prefix}{suffix}", "g CO2-eq", f"{what}, {word}", float, _end(end, of), method
        )
        for suffix, end, word in ends
    )


COLUMNS = (
    PricedColumn("dataset", "", "data set", str, lambda r: r.configuration.first.data.name),
    PricedColumn("configuration", "", "what was run", str, lambda r: r.configuration.label),
    PricedColumn(
        "n_measurements",
        "measurements",
        "that were averaged",
        int,
        lambda r: None if r.energy is None else r.energy.n_measurements,
    ),
    PricedColumn("contaminated", "", "beside other work", bool, lambda r: r.contaminated),
    PricedColumn("duration_s", "s", "one run", float, lambda r: r.duration_s),
    PricedColumn("energy_j", "J", "one run, central", float, _joules("mean_j"), "energy_method"),
    PricedColumn("energy_low_j", "J", "sensors' low end", float, _joules("low_j"), "energy_method"),
    PricedColumn(
        "energy_high_j", "J", "sensors' high end", float, _joules("high_j"), "energy_method"
    ),
    PricedColumn("energy_method", "", "how the joules were obtained", str, _energy_method),
    PricedColumn("grid", "", "place", str, lambda r: r.view.grid.place),
    PricedColumn("grid_year", "", "of the factor", int, lambda r: r.view.grid.year),
    PricedColumn(
        "intensity_g_per_kwh", "g/kWh", "factor", float, lambda r: r.view.grid.g_per_kwh,
        "intensity_source",
    ),
    PricedColumn("intensity_source", "", "of the factor", str, lambda r: r.view.grid.source),
    PricedColumn("pue", "ratio", "energy of building over machine", float, lambda r: r.view.pue),
    *_grams("emissions", lambda r: r.operational, "operational: joules x PUE x grid",
            "emissions_method"),
    PricedColumn("emissions_method", "", "joules, PUE and grid behind them", str, emissions_method),
    PricedColumn("cleanest_year", "", "of the grid, in the table", int,
                 lambda r: _year(r, "least")),
    PricedColumn("cleanest_year_g", "g CO2-eq", "central joules in that year", float,
                 _pair("year_range_g", 0), "emissions_method"),
    PricedColumn("dirtiest_year", "", "of the grid, in the table", int, lambda r: _year(r, "most")),
    PricedColumn("dirtiest_year_g", "g CO2-eq", "central joules in that year", float,
                 _pair("year_range_g", 1), "emissions_method"),
    PricedColumn("combined_low_g", "g CO2-eq", "low end of all sources together", float,
                 _pair("combined_g", 0), "emissions_method"),
    PricedColumn("combined_high_g", "g CO2-eq", "high end of all sources together", float,
                 _pair("combined_g", 1), "emissions_method"),
    *_grams("embodied", lambda r: r.embodied, "share of the machine's making", "embodied_method"),
    PricedColumn("embodied_method", "", "always assumed", str, lambda _: "assumed"),
    *_grams("sci_training_run", lambda r: r.per_run.total if r.per_run else None,
            "SCI 1.1: operational + embodied, one training run", "sci_method"),
    PricedColumn("sci_method", "", "both parts", str,
                 lambda r: f"{emissions_method(r)} + assumed embodied"),
    *_grams("sci_1000_recommendations", lambda r: r.per_1000.total if r.per_1000 else None,
            "SCI 1.1 of 1,000 recommendations at half of saturation", "sci_1000_method"),
    PricedColumn("sci_1000_method", "", "of 1,000 recommendations", str,
                 lambda r: f"{r.per_1000_method} joules + assumed embodied" if r.per_1000
                 else NOT_SERVED),
)  # fmt: skip
"""Columns of `ecorec reprice --format csv`, json and md."""


def as_frame(priced: Sequence[Repriced]) -> pl.DataFrame:
    """Return one row a configuration and grid."""
    return pl.DataFrame(
        {column.name: [column.value(item) for item in priced] for column in COLUMNS},
        schema={column.name: column.dtype for column in COLUMNS},
    )


def table(
    priced: Sequence[Repriced], settings: EmbodiedSettings, *, sci: bool, budget: bool
) -> str:
    """Return one block a grid, with its Software Carbon Intensity and its budget if asked for.

    Args:
        priced: From `reprice`, grid by grid.
        settings: What was assumed of the machine.
        sci: Whether both parts are added up for a functional unit.
        budget: Whether the uncertainty is shown source by source.
    """
    parts = []
    for view in dict.fromkeys(item.view for item in priced):
        members = [item for item in priced if item.view == view]
        parts += [_head(view), _block(members), ""]
        if sci:
            parts += [_sci(members), ""]
        if budget:
            parts += [_budget(item) + "\n" for item in members if item.sources]
    if any(item.contaminated for item in priced):
        parts.append("! measured beside other work on the machine")
    parts.append(_assumption(settings))
    if any(item.configuration.first.device != "cpu" for item in priced):
        parts.append("No GPU is in it: add its making to --embodied-kg.")
    return "\n".join(parts)


def _head(view: GridView) -> str:
    grid = view.grid
    year = f" {grid.year}" if grid.year else ""
    years = f"; {view.years.in_words()}" if view.years else ""
    return (
        f"{grid.place}{year}: {grid.g_per_kwh:.0f} g/kWh x PUE {view.pue:g}{years}\n{grid.source}"
    )


def _block(members: Sequence[Repriced]) -> str:
    head = ["", "energy", "operational (low-high)", "over years", "all sources", "embodied"]
    names = _names(members)
    lines = [
        [
            name,
            _energy(item),
            _with_range(item.operational),
            "" if item.year_range_g is None else mass_range(*item.year_range_g),
            "" if item.combined_g is None else mass_range(*item.combined_g),
            mass_range(item.embodied.low_g, item.embodied.high_g),
        ]
        for name, item in zip(names, members, strict=True)
    ]
    return as_text([head, *lines], right=(1, 2, 3, 4, 5))


def _names(members: Sequence[Repriced]) -> list[str]:
    """Return labels, with the data set in front where there are several."""
    several = len({item.configuration.first.data.name for item in members}) > 1
    return [
        (f"{item.configuration.first.data.name}: " if several else "") + item.configuration.label
        for item in members
    ]


def _energy(item: Repriced) -> str:
    if item.energy is None:
        return "absent"
    mark = " !" if item.contaminated else ""
    return f"{format_energy(item.energy.mean_j)} {item.energy.method}{mark}"


def _with_range(grams: Grams | None) -> str:
    if grams is None:
        return ""
    return f"{format_mass(grams.central_g)} ({mass_range(grams.low_g, grams.high_g)})"


def mass_range(low_g: float, high_g: float) -> str:
    """Return both ends of a range of grams, the unit once where it is the same."""
    low, high = format_mass(low_g), format_mass(high_g)
    if low.split()[1] == high.split()[1]:
        low = low.split()[0]
    return f"{low}-{high}"


def _sci(members: Sequence[Repriced]) -> str:
    scopes = " and ".join(
        dict.fromkeys(
            r.total.scope for i in members for r in i.configuration.records if r.total.scope
        )
    )
    title = (
        "Software Carbon Intensity 1.1, R = one training run; boundary: "
        f"{scopes} energy from load to checkpoint, PUE inside"
    )
    head = ["", "operational", "+ embodied", "= SCI (low-high)", ""]
    lines = [
        [
            name,
            "" if item.operational is None else format_mass(item.operational.central_g),
            format_mass(item.embodied.central_g),
            _with_range(item.per_run.total) if item.per_run else "absent",
            "absent + assumed" if item.energy is None else f"{item.energy.method} + assumed",
        ]
        for name, item in zip(_names(members), members, strict=True)
    ]
    rows = as_text([head, *lines], right=(1, 2, 3))
    return f"{title}\n{rows}\n{_per_1000(members)}"


def _per_1000(members: Sequence[Repriced]) -> str:
    if all(item.per_1000 is None for item in members):
        return f"per 1,000 recommendations: {NOT_SERVED}"
    lines = [
        [
            f"  {name}",
            format_mass(found.operational.central_g),
            format_mass(found.embodied.central_g),
            _with_range(found.total),
            f"{item.per_1000_method} + assumed",
        ]
        for name, item in zip(_names(members), members, strict=True)
        if (found := item.per_1000) is not None
    ]
    head = ["per 1,000 recommendations", "operational", "+ embodied", "= SCI (low-high)", ""]
    return as_text([head, *lines], right=(1, 2, 3))


def _budget(item: Repriced) -> str:
    grams = item.operational
    title = f"Uncertainty of {item.configuration.label} under {item.view.grid.place}"
    lines = [
        [f"  {source.name}", _factor(source.low), _factor(source.high), source.words]
        for source in item.sources
    ]
    if grams is not None and item.combined_g is not None and item.energy is not None:
        low, high = (end / grams.central_g if grams.central_g else 1.0 for end in item.combined_g)
        words = f"{format_mass(grams.central_g)} ({mass_range(*item.combined_g)})"
        words += f", {item.energy.method}; 95 %, what is not known left out"
        lines.append(["  together", _factor(low), _factor(high), words])
    return f"{title}\n{as_text(lines, right=(1, 2))}"


def _factor(value: float | None) -> str:
    return "?" if value is None else f"x{value:.2f}"


def _assumption(settings: EmbodiedSettings) -> str:
    low, central, high = settings.machine_kg
    few, middle, many = settings.host_cpus
    return (
        f"Embodied, assumed and not in `operational`: {central:,.0f} kg ({low:,.0f}-{high:,.0f}) a "
        f"server over {settings.lifetime_years:g} years;\na virtual machine's host has {middle} "
        f"({few}-{many}) CPUs. Yours: --embodied-kg, --lifetime-years, --host-cpus."
    )
