"""`ecorec choose`: the run to deploy under a constraint, and why."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ecorec.cli import console
from ecorec.cli.above_zero import above_zero

Format = Literal["text", "json"]


def choose(
    folder: Annotated[Path, typer.Argument(help="A study's folder.")],
    within: Annotated[
        str | None,
        typer.Option(help="Loss of the best validation that is allowed [default: 5%]."),
    ] = None,
    min_ndcg: Annotated[
        float | None,
        typer.Option("--min-ndcg", "--min-quality", help="Least validation, in --metric."),
    ] = None,
    max_energy: Annotated[
        str | None, typer.Option(help="Most energy of a training run, e.g. 50kJ, 2Wh.")
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(help="Validation metric to choose by [default: the one that chose epochs]."),
    ] = None,
    requests_per_day: Annotated[
        float | None,
        typer.Option(
            help="Recommendations a day: count serving, of runs measured under load.",
            callback=above_zero("--requests-per-day", "100000"),
        ),
    ] = None,
    days: Annotated[
        float,
        typer.Option(help="Days that one training serves.", callback=above_zero("--days", "30")),
    ] = 30.0,
    format_: Annotated[Format, typer.Option("--format", help="Three sentences, or all.")] = "text",
    with_contaminated: Annotated[
        bool,
        typer.Option("--with-contaminated", help="Compare energy read beside other work, too."),
    ] = False,
) -> None:
    """Name the run to deploy and say why in three sentences; nothing is run.

    The cheapest that fulfils what is asked for; with --max-energy alone, the best. Validation
    selects, test is reported.

    Example: ecorec choose ecorec-quickstart --within 5%
    """
    import json

    from ecorec.analysis.decision.candidate import Use
    from ecorec.analysis.decision.choose import choose as decide
    from ecorec.analysis.decision.constraint import constraint
    from ecorec.analysis.decision.trade_off import prices_of
    from ecorec.analysis.study_analysis import analyse
    from ecorec.errors import InputError
    from ecorec.report.decision import sentences
    from ecorec.report.decision_values import as_values
    from ecorec.report.paragraphs import wrapped
    from ecorec.study.store import read_study

    asked = constraint(within, min_ndcg, max_energy)
    use = None if requests_per_day is None else Use(requests_per_day, days)
    analysis = analyse(read_study(folder), metric, with_contaminated=with_contaminated)
    prices = prices_of(analysis)
    found, refused = [], []
    for benchmark in analysis.benchmarks:
        try:
            found.append((benchmark.title, decide(benchmark, asked, prices, use, metric)))
        except InputError as error:
            refused.append(error)
    if not found:
        raise refused[0]
    for one in refused:
        console.show_error(one)
    if format_ == "json":
        values = [as_values(decision, folder, title) for title, decision in found]
        console.out(json.dumps(values, indent=1))
        return
    several = len(analysis.benchmarks) > 1
    parts = [
        (f"{title}\n\n" if several else "")
        + "\n".join(wrapped(text) for text in sentences(decision, folder))
        for title, decision in found
    ]
    console.out("\n\n".join(parts))
