"""`ecorec paper curve`: what each checkpoint was worth, and what came after the tested one."""

from pathlib import Path
from typing import Annotated

import typer

from ecorec.cli import console, rows
from ecorec.cli.pictures import Picture
from ecorec.errors import InputError


def curve(
    folders: Annotated[list[Path], typer.Argument(help="Folders of our studies.")],
    metric: Annotated[str, typer.Option(help="Test metric.")] = "ndcg@10",
    figure: Picture = None,
    format_: rows.Format = "table",
) -> None:
    """Print quality and joules along each training, and where the paper's code tested it.

    It takes runs of several lengths that test their last epoch: studies/paper/as-run-curve.toml.

    Example: ecorec paper curve studies/paper/as-run-curve/out --figure curve.svg
    """
    from ecorec.analysis.paper.curve import curves
    from ecorec.analysis.rows import in_order
    from ecorec.evaluation.metrics import MetricAtK
    from ecorec.report import paper_curve
    from ecorec.study.store import read_study

    MetricAtK.parse(metric)
    found = [
        curve
        for folder in folders
        for curve in curves(in_order(read_study(folder).records))
        if metric in curve.whole.metrics
    ]
    if not found:
        message = f"no training in {', '.join(map(str, folders))} was tested on its way"
        raise InputError(message, hint="ecorec run studies/paper/as-run-curve.toml")
    if figure is not None:
        from ecorec.report.paper_curve_figure import write_figure

        left_out = write_figure(figure, found, metric)
        console.note(f"Figure: {figure}")
        if left_out:
            console.note(f"not in it, because joules are absent: {', '.join(left_out)}")
    if format_ == "table":
        console.out(paper_curve.as_tables(found, metric))
        return
    rows.write(paper_curve.as_frame(found, metric), format_)
