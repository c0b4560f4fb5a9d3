"""Grams of a study under other grids, from its joules; nothing is run, no record changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.deployed.served import of_record, standing
from ecorec.analysis.deployed.serving_carbon import sci_of
from ecorec.analysis.run_energy import Energy
from ecorec.analysis.statistics.uncertainty import Source, budget, combine
from ecorec.energy.embodied import EmbodiedSettings, Grams, embodied_emissions, resource_share
from ecorec.energy.emissions import (
    GridSettings,
    Intensity,
    YearRange,
    emissions_g,
    intensity,
    over_years,
)
from ecorec.energy.grid_table import GridTable
from ecorec.energy.sci import TRAINING_RUN, CarbonIntensity, operational_emissions
from ecorec.errors import InputError
from ecorec.serving.record import ServingRecord


@dataclass(frozen=True)
class GridView:
    """One grid whose intensity a study's joules are multiplied by."""

    grid: Intensity
    years: YearRange | None
    """Intensity by year; `None` if the factor was stated, or the table has one year only."""
    pue: float


@dataclass(frozen=True)
class Repriced:
    """One configuration under one grid."""

    configuration: Configuration
    view: GridView
    energy: Energy | None
    """Joules of one run; of runs beside other work only if there are no clean ones."""
    duration_s: float
    """Seconds of one run, on average."""
    operational: Grams | None
    """Joules x PUE x intensity of the grid; low and high come from the joules alone."""
    year_range_g: tuple[float, float] | None
    """Grams of the central joules in the country's cleanest and dirtiest year."""
    combined_g: tuple[float, float] | None
    """Interval from all sources of uncertainty together; `None` without joules."""
    sources: tuple[Source, ...]
    """The uncertainty budget, source by source."""
    embodied: Grams
    """Share of the machine's making; assumed."""
    per_1000: CarbonIntensity | None = None
    """Software Carbon Intensity of 1,000 recommendations; `None` where serving is not measured."""
    per_1000_method: str = "absent"
    """How its joules were obtained."""

    @property
    def per_run(self) -> CarbonIntensity | None:
        """Software Carbon Intensity of one training run; `None` without joules."""
        if self.operational is None:
            return None
        return CarbonIntensity(TRAINING_RUN, self.operational, self.embodied)

    @property
    def contaminated(self) -> bool:
        """Whether all of the joules were read beside other work."""
        return not self.configuration.clean


_HINT = "a grid is --country ITA or --intensity-g-per-kwh 300, a building --pue 1.2"


def views(
    stored: GridSettings,
    countries: Sequence[str],
    intensity_g_per_kwh: float | None,
    year: int | None,
    pue: float | None,
    table: GridTable | None = None,
) -> list[GridView]:
    """Return the grids that were asked for; the study's own where none was.

    Args:
        stored: The study's own grid.
        countries: Codes or names; each gives one grid.
        intensity_g_per_kwh: A stated intensity, with at most one country.
        year: Year of the averages; if not given, each country's latest.
        pue: The study's own, if not given.
        table: Yearly averages; those that ship with ecorec, if not given.

    Raises:
        InputError: No place and no figure, a country or year that the table lacks, or one figure
            for several countries.
    """
    if intensity_g_per_kwh is not None and len(countries) > 1:
        message = f"--intensity-g-per-kwh {intensity_g_per_kwh:g} is one figure for "
        message += f"{len(countries)} countries"
        raise InputError(message, hint="give one country, or --intensity-table with a row for each")
    stated = {
        "intensity_g_per_kwh": intensity_g_per_kwh,
        "year": year,
        "pue": pue if pue is not None else stored.pue,
    }
    if not countries and intensity_g_per_kwh is None:
        stated |= {"intensity_g_per_kwh": stored.intensity_g_per_kwh, "year": year or stored.year}
        countries = [stored.country] if stored.country else []
    found = []
    places: Sequence[str | None] = countries or [None]
    for country in places:
        settings = GridSettings.parse({"country": country, **stated}, "the grid", _HINT)
        grid = intensity(settings, table)
        if grid is None:
            message = "no grid was stated, neither here nor in the study"
            raise InputError(message, hint="give --country ITA or --intensity-g-per-kwh 300")
        found.append(GridView(grid, over_years(settings, table), settings.pue))
    return found


def reprice(
    configurations: Sequence[Configuration],
    grids: Sequence[GridView],
    embodied: EmbodiedSettings,
    served: Mapping[str, Sequence[ServingRecord]] | None = None,
) -> list[Repriced]:
    """Return every configuration under every grid, grid by grid.

    Args:
        configurations: Of one study.
        grids: From `views`.
        embodied: What is assumed of the machine.
        served: Run id -> its measurements under load, oldest first.
    """
    known = served or {}
    return [_price(item, view, embodied, known) for view in grids for item in configurations]


def _price(
    item: Configuration,
    view: GridView,
    settings: EmbodiedSettings,
    served: Mapping[str, Sequence[ServingRecord]],
) -> Repriced:
    energy = item.energy if item.clean else item.energy_beside_others
    duration_s = fmean(record.total.duration_s for record in item.clean or item.records)
    operational = years = combined = None
    sources: tuple[Source, ...] = ()
    if energy is not None:
        joules = (energy.low_j, energy.mean_j, energy.high_j)
        operational = operational_emissions(joules, view.grid, view.pue)
        years = _over_years(energy.mean_j, view)
        sources = tuple(budget(energy, view.grid, view.years, view.pue))
        low, high = combine(sources)
        combined = (operational.central_g * low, operational.central_g * high)
    last = _newest(item, served)
    each = None if last is None else of_record(last)
    return Repriced(
        configuration=item,
        view=view,
        energy=energy,
        duration_s=duration_s,
        operational=operational,
        year_range_g=years,
        combined_g=combined,
        sources=sources,
        embodied=embodied_emissions(duration_s, _share(item, settings), settings),
        per_1000=None if last is None else sci_of(last, view.grid, view.pue, settings),
        per_1000_method=each.method if each else "absent",
    )


def _newest(
    item: Configuration, served: Mapping[str, Sequence[ServingRecord]]
) -> ServingRecord | None:
    records = [standing(served[run_id]) for run_id in item.run_ids if served.get(run_id)]
    return records[-1] if records else None


def _over_years(energy_j: float, view: GridView) -> tuple[float, float] | None:
    if view.years is None:
        return None
    least, most = view.years.least, view.years.most
    return emissions_g(energy_j, least, view.pue), emissions_g(energy_j, most, view.pue)


def _share(item: Configuration, settings: EmbodiedSettings) -> tuple[float, float, float]:
    """Return the part of one machine's making that falls to a run, low, central and high.

    It is of the same scope as the joules: all CPUs of each machine, or the threads of each process.
    More than one where several machines, taken to be alike, were used; unless noted, one was.
    """
    record, n_machines = item.first, item.first.n_machines or 1
    n_cpus, whole = record.machine.n_cpus, record.total.scope == "machine"
    cpus = n_cpus if whole else min(record.threads * record.shards / n_machines, n_cpus)
    low, central, high = resource_share(cpus, n_cpus, record.machine.virtualised, settings)
    return n_machines * low, n_machines * central, n_machines * high
