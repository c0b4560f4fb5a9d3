"""`ecorec break-even`: after how many recommendations the dearer training has paid for itself."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecorec.cli import console, shared
from ecorec.cli.above_zero import above_zero

if TYPE_CHECKING:
    from ecorec.analysis.repricing import GridView
    from ecorec.study.info import StudyInfo


def break_even(
    run_a: Annotated[Path, typer.Argument(help="A run's folder: OUT/runs/<run_id>.")],
    run_b: Annotated[Path, typer.Argument(help="Another one, or the same with another --kind.")],
    kind: Annotated[
        str | None,
        typer.Option(help="Index of both, or of each: exact,lists [default: the newest measured]."),
    ] = None,
    load: Annotated[
        float,
        typer.Option(
            min=0, max=100, help="Step of the ladder that counts, in percent of saturation."
        ),
    ] = 50.0,
    requests_per_day: Annotated[
        float | None,
        typer.Option(
            help="Recommendations a day, one user's list each.",
            callback=above_zero("--requests-per-day", "10000"),
        ),
    ] = None,
    retrain_every: Annotated[
        str, typer.Option(help="Between two trainings: 12h, 7d, 4w, or never.")
    ] = "never",
    country: Annotated[
        str | None, typer.Option(help="Code or name, e.g. ITA [default: the study's].")
    ] = None,
    intensity_g_per_kwh: shared.Intensity = None,
    year: shared.Year = None,
    pue: shared.PueOfStudy = None,
) -> None:
    """Print where two trained models have drawn the same, in recommendations.

    Both need a measurement of serving (ecorec stress). Joules are those of training and serving;
    how sure the crossing is, over repeats and over the sensors' range, stands beside it.

    Example: ecorec break-even out/runs/0123456789ab out/runs/ba9876543210
    --requests-per-day 10000 --retrain-every 7d --country ITA
    """
    from ecorec.analysis.deployed.life_cycle import Operation, parse_cadence
    from ecorec.analysis.deployed.pair import pair
    from ecorec.errors import InputError
    from ecorec.report.break_even import Question, answer

    cadence = parse_cadence(retrain_every)
    if cadence is not None and requests_per_day is None:
        message = f"--retrain-every {retrain_every} says nothing without --requests-per-day"
        raise InputError(message, hint="give both, e.g. --requests-per-day 10000")
    kinds = [None, None] if kind is None else [part.strip() for part in kind.split(",")]
    if len(kinds) > 2:
        message = f"--kind `{kind}` names {len(kinds)} kinds of index for two runs"
        raise InputError(message, hint="one for both, or two: --kind exact,lists")
    a, b = pair(run_a, run_b, (kinds[0], kinds[-1]), load / 100)
    info = a.study.info
    operation = None if requests_per_day is None else Operation(requests_per_day, cadence)
    grid = _grid(info, country, intensity_g_per_kwh, year, pue)
    console.out(answer(a, b, Question(load / 100, operation, grid, info.embodied)))


def _grid(
    info: "StudyInfo",
    country: str | None,
    intensity_g_per_kwh: float | None,
    year: int | None,
    pue: float | None,
) -> "GridView | None":
    from ecorec.analysis.repricing import views

    stored = info.grid
    stated = (country, intensity_g_per_kwh, stored.country, stored.intensity_g_per_kwh)
    if all(item is None for item in stated):
        return None
    countries = [] if country is None else [country]
    return views(stored, countries, intensity_g_per_kwh, year, pue)[0]
