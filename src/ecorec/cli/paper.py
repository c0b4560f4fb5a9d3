"""`ecorec paper`: what the paper printed, whether it holds, and ours beside it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ecorec.cli import console

if TYPE_CHECKING:
    import polars as pl

Format = Literal["table", "csv", "json", "md"]
FormatOption = Annotated[Format, typer.Option("--format", help="How rows are written.")]

app = typer.Typer(
    help="The study that ecorec starts from (arXiv 2410.09514): its tables, its contradictions, "
    "what makes the difference.",
    no_args_is_help=True,
)


Folders = Annotated[
    list[Path] | None, typer.Argument(help="Folders of our studies [default: none].")
]


@app.command()
def tables(
    folders: Folders = None,
    intensity_g_per_kwh: Annotated[
        float, typer.Option(help="Of our kilograms; CodeCarbon 2.5.0's Italy if not given.")
    ] = 372.634,
    rated_w: Annotated[
        float, typer.Option(help="Of the CPU, for as-run's kilograms; an unknown one if not given.")
    ] = 85.0,
    format_: FormatOption = "table",
) -> None:
    """Print the paper's Table 1, Table 2 and Figure 1 beside ours, cell by cell.

    Published cells without a run of ours say so; nothing is filled in.

    Example: ecorec paper tables studies/paper/as-run/out --format csv > beside.csv
    """
    from ecorec.analysis.paper.beside import beside
    from ecorec.analysis.paper.published import published
    from ecorec.report import paper_tables
    from ecorec.study.store import read_study

    studies = [read_study(folder) for folder in folders or ()]
    rows = beside(published(), studies, intensity_g_per_kwh, rated_w)
    if format_ == "table":
        console.out(paper_tables.as_tables(rows, intensity_g_per_kwh))
        return
    _write(paper_tables.as_frame(rows), format_)


@app.command()
def check(format_: FormatOption = "table") -> None:
    """Put the paper's claims to the test, with the published numbers alone; nothing is run.

    Exit code 0 whatever holds.

    Example: ecorec paper check --format md > contradictions.md
    """
    from ecorec.analysis.paper.checks import run_checks
    from ecorec.analysis.paper.published import published
    from ecorec.report import paper_checks

    checks = run_checks(published())
    if format_ == "table":
        console.out(paper_checks.as_list(checks))
        return
    _write(paper_checks.as_frame(checks), format_)


def _write(frame: "pl.DataFrame", format_: str) -> None:
    from ecorec.report import tables

    writers = {"csv": tables.as_csv, "json": tables.as_json, "md": tables.as_markdown}
    console.out(writers[format_](frame))
