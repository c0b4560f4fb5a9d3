"""`ecorec paper`: what the paper printed, whether it holds, and ours beside it."""

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
