"""The program `ecorec`: its commands, and how errors reach people."""

import signal
import sys
from typing import Annotated, Any

import typer

from ecorec.cli import console, data, paper
from ecorec.cli.break_even import break_even
from ecorec.cli.choose import choose
from ecorec.cli.compare import compare
from ecorec.cli.doctor import doctor
from ecorec.cli.export import export
from ecorec.cli.file_errors import in_our_words
from ecorec.cli.forecast import forecast
from ecorec.cli.index import index
from ecorec.cli.models import models
from ecorec.cli.project import project
from ecorec.cli.recommend import recommend
from ecorec.cli.report import report
from ecorec.cli.reprice import reprice
from ecorec.cli.results import results
from ecorec.cli.run import run
from ecorec.cli.serve import serve
from ecorec.cli.stress import stress
from ecorec.cli.tune import tune
from ecorec.errors import EcorecError, InputError
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
app.command()(choose)
app.command()(compare)
app.command()(reprice)
app.command()(export)
app.command()(project)
app.command()(recommend)
app.command()(index)
app.command()(serve)
app.command()(stress)
app.command()(break_even)
app.command()(models)
app.add_typer(data.app, name="data")
app.add_typer(paper.app, name="paper")
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


_UsageError: Any = typer.BadParameter.__base__
"""What is raised for words that the program does not know; typer exports only its child."""


def main() -> None:
    """Run the program; the exit code is 2 for input that cannot be used.

    Raises:
        KeyboardInterrupt: Ctrl-C, of which the command itself has said nothing.
    """
    try:
        code = app(prog_name="ecorec", standalone_mode=False)
        if code == 128 + signal.SIGINT:  # what typer makes of Ctrl-C
            raise KeyboardInterrupt
        sys.exit(code)
    except EcorecError as error:
        console.show_error(error)
        sys.exit(error.exit_code)
    except OSError as error:
        told = in_our_words(error)
        if told is None:
            raise
        console.show_error(told)
        sys.exit(told.exit_code)
    except _UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            error.show()
        else:
            console.show_error(_of_usage(error))
        sys.exit(2)


def _of_usage(error: Any) -> InputError:
    """Return a usage error as every other error of the program reads."""
    command = error.ctx.command_path if error.ctx else "ecorec"
    words = error.format_message().rstrip(".")
    option = getattr(error, "option_name", None)
    if option and words.startswith("No such option"):
        near = sorted(getattr(error, "possibilities", None) or ())
        meant = f"did you mean {' or '.join(f'`{name}`' for name in near)}? " if near else ""
        message = f"`{command}` has no option `{option}`"
        return InputError(message, hint=f"{meant}`{command} --help` lists all")
    problems = getattr(error.__cause__, "errors", None)
    if problems is not None and getattr(error, "param", None) is not None:
        words = _of_a_bad_value(error.param, problems()[0])
    return InputError(f"{words[0].lower()}{words[1:]}", hint=f"see: {command} --help")


def _of_a_bad_value(parameter: Any, problem: Any) -> str:
    """Return what is wrong with an option's value, in the words that a study's file gets."""
    from ecorec.problems import in_words, placed

    option = parameter.opts[0]
    name = option if option.startswith("-") else parameter.human_readable_name
    return in_words(placed(problem, name), {name: name})
