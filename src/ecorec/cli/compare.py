"""`ecorec compare`: studies of several machines or dates, at fixed work and at fixed quality."""

from pathlib import Path
from typing import Annotated

import typer

from ecorec.cli import console


def compare(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of studies; beside them, as foreign: emissions.csv of CodeCarbon, .log "
            "of RecBole."
        ),
    ],
    reach: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Validation of the fixed quality [default: what the best of both always reach].",
        ),
    ] = None,
    with_contaminated: Annotated[
        bool,
        typer.Option("--with-contaminated", help="Compare energy read beside other work, too."),
    ] = False,
) -> None:
    """Hold studies against the first one: the same work, and the same quality; nothing is run.

    What is not comparable (other data, split or settings, the machine's joules against a
    process's, counters against a model, work beside other work) is refused by name. So are
    foreign runs on other data, splits or candidates; their energy is never compared.

    Example: ecorec compare laptop/ecorec-quickstart server/ecorec-quickstart
    """
    from ecorec.analysis.elsewhere.across import across
    from ecorec.analysis.elsewhere.foreign import read_codecarbon
    from ecorec.analysis.elsewhere.foreign_quality import hold
    from ecorec.analysis.elsewhere.recbole_log import read_recbole
    from ecorec.analysis.study_analysis import analyse
    from ecorec.errors import InputError, StudyError
    from ecorec.report.compared import compared, heading
    from ecorec.report.foreign import codecarbon_table, recbole_table
    from ecorec.study.store import read_study

    files = [path for path in paths if path.suffix.lower() == ".csv"]
    logs = [path for path in paths if path.suffix.lower() == ".log"]
    folders = [path for path in paths if path not in files and path not in logs]
    if len(paths) < 2 or not folders:
        message = f"{' '.join(map(str, paths))}: there is nothing to hold it against"
        hint = "give two studies, or a study and an emissions.csv or a .log of RecBole"
        raise InputError(message, hint=hint)
    studies = [read_study(folder) for folder in folders]
    for study in studies:
        if not study.records:
            message = f"{study.path} has no finished run yet"
            raise StudyError(message, hint="run the study first: `ecorec run … --out` this folder")
    first, *others = studies
    parts = []
    for other in others:
        found = across(first, other, reach, with_contaminated=with_contaminated)
        head = f"{heading('A', first)}\n{heading('B', other)}"
        parts.append(f"{head}\n\n{compared(found)}")
    if logs:
        analysis = analyse(first, with_contaminated=with_contaminated)
        parts.append(recbole_table(hold([read_recbole(log) for log in logs], analysis)))
    parts += [codecarbon_table(read_codecarbon(file), str(file)) for file in files]
    if not others:
        parts.insert(0, heading("A", first))
    console.out("\n\n".join(parts))
