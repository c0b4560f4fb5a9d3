"""A study under other grids as rows: every number with the column that says how it came about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from ecorec.analysis.repricing import Repriced
from ecorec.energy.embodied import Grams
from ecorec.energy.sci import NOT_SERVED


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
