"""`ecorec results`: the records of a study on stdout."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ecorec.cli import console
from ecorec.errors import InputError

Format = Literal["table", "csv", "json", "md"]


def results(
    folder: Annotated[Path, typer.Argument(help="A study's folder.")],
    format_: Annotated[Format, typer.Option("--format", help="How rows are written.")] = "table",
    metric: Annotated[
        str | None, typer.Option(help="Metric to compare by [default: the study's].")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="Comma-separated columns of csv, json and md [default: all].")
    ] = None,
) -> None:
    """Print one row a run (csv, json, md) or a configuration (table).

    Example: ecorec results ecorec-quickstart --format csv > rows.csv
    """
    from ecorec.analysis.rows import rows
    from ecorec.energy.emissions import intensity
    from ecorec.report import tables
    from ecorec.report.terminal import summary
    from ecorec.study.store import read_study

    study = read_study(folder)
    if format_ == "table":
        console.out(summary(study, metric))
        return
    frame = rows(study.records, intensity(study.info.grid), study.info.grid.pue)
    if columns is not None:
        wanted = [name.strip() for name in columns.split(",")]
        unknown = [name for name in wanted if name not in frame.columns]
        if unknown:
            message = f"there is no column `{unknown[0]}`"
            raise InputError(message, hint=f"there are {', '.join(frame.columns)}")
        frame = frame.select(wanted)
    writers = {"csv": tables.as_csv, "json": tables.as_json, "md": tables.as_markdown}
    console.out(writers[format_](frame))
