"""`ecorec report`: the page, the figures and the tables of a study."""

from pathlib import Path
from typing import Annotated

import typer

from ecorec.cli import console


def report(
    folder: Annotated[Path, typer.Argument(help="A study's folder.")],
    metric: Annotated[
        str | None, typer.Option(help="Metric to compare by [default: the study's].")
    ] = None,
    figures: Annotated[
        bool, typer.Option("--figures", help="Also write figure.png, figure.svg and figure.pdf.")
    ] = False,
    tables: Annotated[
        bool,
        typer.Option(
            "--tables", help="Also write table2.tex (booktabs), table2.md and table2.csv."
        ),
    ] = False,
    with_contaminated: Annotated[
        bool,
        typer.Option("--with-contaminated", help="Compare energy read beside other work, too."),
    ] = False,
) -> None:
    """Write the study's page, report.html, and print where it is.

    Example: ecorec report ecorec-quickstart --figures --tables
    """
    from ecorec.report.page import write_report

    console.out(str(write_report(folder, metric, with_contaminated=with_contaminated)))
    if figures:
        from ecorec.report.figures import write_figures

        for path in write_figures(folder, metric, with_contaminated=with_contaminated):
            console.out(str(path))
    if tables:
        from ecorec.report.table2_files import write_tables

        for path in write_tables(folder, metric, with_contaminated=with_contaminated):
            console.out(str(path))
