"""`ecorec results`: the records of a study on stdout."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecorec.cli import console, rows
from ecorec.cli.results_form import refuse_unused
from ecorec.errors import unknown_name

if TYPE_CHECKING:
    from ecorec.study.store import StoredStudy


def results(
    folder: Annotated[Path, typer.Argument(help="A study's folder.")],
    format_: rows.Format = "table",
    metric: Annotated[
        str | None,
        typer.Option(help="Metric that the table compares by [default: the study's]."),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            help="Column to sort by: metrics best first, all else ascending; -COLUMN turns it "
            "around."
        ),
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="Comma-separated columns of csv, json and md [default: all].")
    ] = None,
    all_columns: Annotated[
        bool, typer.Option("--all-columns", help="The table with a row a run and every column.")
    ] = False,
    reach: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Joules to the first epoch whose validation reaches this quality."
        ),
    ] = None,
    front: Annotated[
        bool, typer.Option("--front", help="What cannot be beaten, its knee, and exchange rates.")
    ] = False,
    cost: Annotated[
        str | None,
        typer.Option(
            help="Of --front: energy, emissions, time, memory, dynamic or serving "
            "[default: energy]."
        ),
    ] = None,
    effects: Annotated[
        bool,
        typer.Option("--effects", help="How size, layers, epochs, data, threads and work scale."),
    ] = False,
    with_contaminated: Annotated[
        bool,
        typer.Option("--with-contaminated", help="Compare energy read beside other work, too."),
    ] = False,
) -> None:
    """Print one row a run (csv, json, md) or a configuration (table).

    Example: ecorec results ecorec-quickstart --format csv > rows.csv
    """
    from ecorec.analysis.rows import rows_of
    from ecorec.energy.emissions import intensity
    from ecorec.report import tables
    from ecorec.report.terminal import summary
    from ecorec.study.store import read_study

    options = {
        "--format": None if format_ == "table" else format_, "--metric": metric, "--sort": sort,
        "--columns": columns, "--all-columns": all_columns, "--reach": reach, "--front": front,
        "--cost": cost, "--effects": effects, "--with-contaminated": with_contaminated,
    }  # fmt: skip
    refuse_unused(_as_written(options))
    study = read_study(folder)
    if reach is not None:
        _reach(study, reach)
        return
    if front or effects:
        from ecorec.analysis.decision.trade_off import prices_of
        from ecorec.analysis.spent import find_currency
        from ecorec.analysis.study_analysis import analyse
        from ecorec.report.effects import effects_of
        from ecorec.report.front import fronts

        currency = find_currency(cost or "energy")
        analysis = analyse(study, metric, with_contaminated=with_contaminated)
        parts = [fronts(analysis, currency, prices_of(analysis))] if front else []
        console.out("\n\n".join([*parts, *([effects_of(analysis)] if effects else [])]))
        return
    if format_ == "table" and not all_columns and columns is None:
        console.out(summary(study, metric, sort, with_contaminated=with_contaminated))
        return
    info = study.info
    frame = rows_of(study, intensity(info.grid), info.grid.pue)
    if sort is not None:
        frame = tables.sort_rows(frame, sort)
    if columns is not None:
        wanted = [name.strip() for name in columns.split(",")]
        unknown = [name for name in wanted if name not in frame.columns]
        if unknown:
            kind, listing = "column", f"there are {', '.join(frame.columns)}; in all:"
            raise unknown_name(kind, unknown[0], frame.columns, listing)
        frame = frame.select(wanted)
    rows.write(frame, format_)


def _as_written(options: dict[str, Any]) -> dict[str, str]:
    """Return the options that were given, by their names."""
    return {
        name: name if value is True else f"{name} {value}"
        for name, value in options.items()
        if value is not None and value is not False
    }


def _reach(study: "StoredStudy", target: float) -> None:
    from ecorec.analysis.configurations import by_benchmark, configurations
    from ecorec.analysis.rows import in_order
    from ecorec.errors import StudyError
    from ecorec.report.reached import reached_tables

    if not study.records:
        message = f"{study.path} has no finished run yet"
        raise StudyError(message, hint="run the study first: `ecorec run … --out` this folder")
    found = configurations(in_order(study.records), study.info.idle, varied=study.info.varied)
    console.out(reached_tables([*by_benchmark(found).values()], target))
