"""`ecorec reprice`: a study's joules under another grid, year or building."""

from pathlib import Path
from typing import Annotated

import typer

from ecorec.cli import console, rows, shared
from ecorec.cli.words import low_central_high


def reprice(
    folder: Annotated[Path, typer.Argument(help="A study's folder.")],
    country: Annotated[
        list[str] | None,
        typer.Option(help="Codes or names, comma-separated, e.g. ITA,FRA [default: the study's]."),
    ] = None,
    intensity_g_per_kwh: shared.Intensity = None,
    year: shared.Year = None,
    pue: shared.PueOfStudy = None,
    intensity_table: Annotated[
        Path | None,
        typer.Option(help="Your own averages: CSV with country, year, g_per_kwh, source."),
    ] = None,
    sci: Annotated[
        bool, typer.Option("--sci", help="Software Carbon Intensity: operational + embodied.")
    ] = False,
    budget: Annotated[
        bool, typer.Option("--budget", help="How sure the grams are, source by source.")
    ] = False,
    embodied_kg: Annotated[
        str | None, typer.Option(help="Making of the machine: one number or low,central,high.")
    ] = None,
    lifetime_years: Annotated[
        float | None, typer.Option(help="Of the machine [default: 4].")
    ] = None,
    host_cpus: Annotated[
        str | None, typer.Option(help="Of a virtual machine's host: one or low,central,high.")
    ] = None,
    format_: rows.Format = "table",
) -> None:
    """Print a study's grams under other grids; nothing is run and no record is changed.

    Grams are joules x PUE x a location-based average over a year, with the method of the joules
    and the source of the average. The range over the years is how the grid changed.

    Example: ecorec reprice ecorec-quickstart --country ITA,FRA,POL --pue 1.3
    """
    from ecorec.analysis.configurations import configurations
    from ecorec.analysis.repricing import reprice as price
    from ecorec.analysis.repricing import views
    from ecorec.analysis.rows import in_order
    from ecorec.energy.embodied import EmbodiedSettings
    from ecorec.energy.grid_table import read_table
    from ecorec.errors import StudyError
    from ecorec.report.repriced import table
    from ecorec.report.repriced_columns import as_frame
    from ecorec.study.store import read_study

    study = read_study(folder)
    if not study.records:
        message = f"{folder} has no finished run yet"
        raise StudyError(message, hint="run the study first: `ecorec run … --out` this folder")
    named = [name.strip() for text in country or () for name in text.split(",") if name.strip()]
    own = None if intensity_table is None else read_table(intensity_table)
    grids = views(study.info.grid, named, intensity_g_per_kwh, year, pue, own)
    stated = {
        "machine_kg": low_central_high(embodied_kg, "--embodied-kg", "900,1700,4300"),
        "lifetime_years": lifetime_years,
        "host_cpus": low_central_high(host_cpus, "--host-cpus", "64,128,256"),
    }
    assumed = study.info.embodied.model_dump()
    assumed |= {name: value for name, value in stated.items() if value is not None}
    embodied = EmbodiedSettings.parse(assumed, "embodied", shared.help_of("reprice"))
    found = configurations(in_order(study.records), study.info.idle, varied=study.info.varied)
    priced = price(found, grids, embodied, study.served)
    if format_ == "table":
        console.out(table(priced, embodied, sci=sci, budget=budget))
        return
    rows.write(as_frame(priced), format_)
