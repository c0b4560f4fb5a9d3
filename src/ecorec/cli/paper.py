"""`ecorec paper`: what the paper printed, whether it holds, and ours beside it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecorec.cli import console, rows
from ecorec.cli.above_zero import above_zero
from ecorec.cli.paper_curve import curve
from ecorec.cli.pictures import Picture
from ecorec.cli.words import Words, split_words
from ecorec.errors import InputError, unknown_name

if TYPE_CHECKING:
    from ecorec.analysis.paper.ablation import Scale

app = typer.Typer(
    help="The study that ecorec starts from (arXiv 2410.09514): its tables, its contradictions, "
    "what makes the difference.",
    no_args_is_help=True,
)
app.command()(curve)

Folders = Annotated[
    list[Path] | None, typer.Argument(help="Folders of our studies [default: none].")
]


@app.command()
def tables(
    folders: Folders = None,
    intensity_g_per_kwh: Annotated[
        float | None,
        typer.Option(
            help="Of our kilograms [default: CodeCarbon 2.5.0's of Italy].",
            callback=above_zero("--intensity-g-per-kwh", "300"),
        ),
    ] = None,
    rated_w: Annotated[
        float | None,
        typer.Option(
            help="Of the CPU, for as-run's kilograms [default: of one unknown to it].",
            callback=above_zero("--rated-w", "85"),
        ),
    ] = None,
    figure: Picture = None,
    format_: rows.Format = "table",
) -> None:
    """Print the paper's Table 1, Table 2 and Figure 1 beside ours, cell by cell.

    Published cells without a run of ours say so; nothing is filled in. The picture is Figure 1
    as multiples of LightGCN's emissions at size 64, with ours.

    Example: ecorec paper tables studies/paper/as-run/out --figure figure1.svg
    """
    from ecorec.analysis.paper.beside import beside
    from ecorec.analysis.paper.published import published
    from ecorec.energy.codecarbon_2_5 import G_PER_KWH, UNKNOWN_CPU_W
    from ecorec.report import paper_tables
    from ecorec.study.store import read_study

    g_per_kwh = G_PER_KWH["ITA"] if intensity_g_per_kwh is None else intensity_g_per_kwh
    watts = UNKNOWN_CPU_W if rated_w is None else rated_w
    studies = [read_study(folder) for folder in folders or ()]
    cells = beside(published(), studies, g_per_kwh, watts)
    if figure is not None:
        from ecorec.report.paper_multiples_figure import write_multiples

        preset = write_multiples(figure, cells)
        ours = f"ours: {preset}" if preset else "no runs of ours to draw"
        console.note(f"Figure: {figure} ({ours})")
    if format_ == "table":
        console.out(paper_tables.as_tables(cells, g_per_kwh))
        return
    rows.write(paper_tables.as_frame(cells), format_)


@app.command()
def check(format_: rows.Format = "table") -> None:
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
    rows.write(paper_checks.as_frame(checks), format_)


@app.command()
def explain(
    folders: Folders = None,
    write: Annotated[
        Path | None, typer.Option(help="Folder for the studies' files, new or empty of them.")
    ] = None,
    datasets: Annotated[Words, typer.Option(help="Of the files [default: ml-1m].")] = None,
    models: Annotated[Words, typer.Option(help="Of the files [default: the paper's four].")] = None,
    embedding_sizes: Annotated[Words, typer.Option(help="Of the files [default: 64].")] = None,
    epochs: Annotated[int, typer.Option(help="Of the files.", min=1)] = 400,
    energy_epochs: Annotated[
        int, typer.Option(help="Of the files, for what changes joules alone.", min=1)
    ] = 3,
    seeds: Annotated[Words, typer.Option(help="Of the files [default: 1,2,3].")] = None,
    metric: Annotated[str, typer.Option(help="Test metric of the results.")] = "ndcg@10",
    format_: rows.Format = "table",
) -> None:
    """Turn one quirk of the paper at a time: its plan, the studies' files, or what came of them.

    Without folders it prints the plan; with --write, it writes four files for `ecorec run`;
    with their folders, what each quirk did to quality, joules and the order of the models.

    Example: ecorec paper explain --write ablation --epochs 100 --seeds 1,2,3
    """
    if folders:
        _explain(folders, metric, format_)
        return
    from ecorec.analysis.paper.ablation import LADDERS, ablation
    from ecorec.report.paper_ablation import plan_table, study_file
    from ecorec.study.plan import plan
    from ecorec.study.settings import StudySettings

    scale = _scale(datasets, models, embedding_sizes, epochs, energy_epochs, seeds)
    studies = {
        ladder.name: StudySettings.parse(ablation(ladder, scale), ladder.name) for ladder in LADDERS
    }
    trainings = {name: len(plan(study, threads=1)) for name, study in studies.items()}
    if write is None:
        console.out(plan_table(scale, trainings))
        return
    write.mkdir(parents=True, exist_ok=True)
    for ladder in LADDERS:
        file = write / f"{ladder.name}.toml"
        if file.exists():
            message = f"{file} exists"
            raise InputError(message, hint="give --write another folder, or remove the file")
        file.write_text(study_file(ladder, scale), encoding="utf-8")
        console.out(f"{file}: {trainings[ladder.name]} trainings")
    console.note(f"Run each: ecorec run {write / LADDERS[0].name}.toml --data-path …")


def _scale(
    datasets: Words, models: Words, sizes: Words, epochs: int, energy_epochs: int, seeds: Words
) -> "Scale":
    from ecorec.analysis.paper.ablation import Scale
    from ecorec.analysis.paper.published import MODELS

    usual = Scale()
    chosen = tuple(split_words(models) or usual.models)
    others = [model for model in chosen if model not in MODELS]
    if others:
        raise unknown_name("model of the paper", others[0], MODELS, "it has")
    return Scale(
        datasets=tuple(split_words(datasets) or usual.datasets),
        models=chosen,
        embedding_sizes=_numbers(sizes, "--embedding-sizes") or usual.embedding_sizes,
        epochs=epochs,
        energy_epochs=energy_epochs,
        seeds=_numbers(seeds, "--seeds") or usual.seeds,
    )


def _numbers(words: Words, option: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in split_words(words) or ())
    except ValueError:
        message = f"`{option} {','.join(words or ())}` is not a list of whole numbers"
        raise InputError(message, hint=f"write it as {option} 1,2,3") from None


def _explain(folders: list[Path], metric: str, format_: str) -> None:
    from ecorec.analysis.paper.accounting import counted
    from ecorec.analysis.paper.effects import effects
    from ecorec.evaluation.metrics import MetricAtK
    from ecorec.report import paper_effects
    from ecorec.study.store import read_study

    MetricAtK.parse(metric)
    studies = [read_study(folder) for folder in folders]
    found, counts = effects(studies, metric), counted(studies)
    if not found and not counts:
        have = "has" if len(folders) == 1 else "have"
        message = f"{', '.join(map(str, folders))} {have} no runs of the paper's plan"
        raise InputError(message, hint="ecorec paper explain --write FOLDER writes them")
    if format_ == "table":
        console.out(paper_effects.as_tables(found, counts, metric))
        return
    rows.write(paper_effects.as_frame(found, metric), format_)
