"""`ecorec forecast`: what a study would take, before it starts."""

import inspect
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ecorec.cli import console
from ecorec.cli.run import run
from ecorec.cli.study_of import study_of


def forecast(**options: Any) -> None:
    """Say what a study would take if it were started now: joules, grams, hours, disk.

    Each model is run for a moment on its own data, and nothing is written. Runs that the study's
    folder has already are not counted.

    Example: ecorec forecast my.csv --models itemknn,lightgcn --embedding-sizes 32,64 --country ITA
    """
    form: Literal["table", "json"] = options.pop("format_")
    settings, out = study_of(options)
    from ecorec.energy.emissions import intensity
    from ecorec.report.forecast import forecast_json, forecast_table
    from ecorec.study.outlook import forecast_study

    data_path: Path | None = options["data_path"]
    found = forecast_study(settings, out, data_path=data_path)
    grid = intensity(settings.grid)
    write = forecast_json if form == "json" else forecast_table
    console.out(write(found, grid, settings.grid.pue))


_FORMAT = inspect.Parameter(
    "format_",
    inspect.Parameter.KEYWORD_ONLY,
    default="table",
    annotation=Annotated[
        Literal["table", "json"], typer.Option("--format", help="How it is written.")
    ],
)

# The options are those of `ecorec run`, and stated there; a forecast starts nothing to ask about.
_OF_RUN = [p for p in inspect.signature(run).parameters.values() if p.name != "yes"]
forecast.__signature__ = inspect.Signature([*_OF_RUN, _FORMAT])  # type: ignore[attr-defined]
