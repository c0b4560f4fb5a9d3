"""The program `ecorec`: its commands, and how errors reach people."""

import sys
from typing import Annotated

import typer

from ecorec.cli import console, data
from ecorec.cli.doctor import doctor
from ecorec.cli.forecast import forecast
from ecorec.cli.models import models
from ecorec.cli.project import project
from ecorec.cli.recommend import recommend
from ecorec.cli.report import report
from ecorec.cli.reprice import reprice
from ecorec.cli.results import results
from ecorec.cli.run import run
from ecorec.cli.tune import tune
from ecorec.errors import EcorecError
from ecorec.version import VERSION

app = typer.Typer(
    name="ecorec",
    help="How much quality a recommender gives for how many joules.",
    epilog="Start with: ecorec run quickstart",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command()(run)
app.command()(forecast)
app.command()(tune)
app.command()(results)
app.command()(report)
app.command()(reprice)
app.command()(project)
app.command()(recommend)
app.command()(models)
app.add_typer(data.app, name="data")
app.command()(doctor)


def _show_version(wanted: bool) -> bool:
    if wanted:
        console.out(f"ecorec {VERSION}")
        raise typer.Exit
    return wanted


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """How much quality a recommender gives for how many joules."""


def main() -> None:
    """Run the program; the exit code is 2 for input that cannot be used."""
    try:
        app()
    except EcorecError as error:
        console.show_error(error)
        sys.exit(error.exit_code)
