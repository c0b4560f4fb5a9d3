"""`ecorec tune`: settings chosen on validation data, and what choosing them cost."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecorec.cli import console, shared
from ecorec.cli.stopping import stoppable
from ecorec.cli.study_source import named_after
from ecorec.cli.words import Words, low_central_high, split_words

if TYPE_CHECKING:
    from ecorec.study.tuning.settings import TuningSettings


def tune(
    dataset: Annotated[
        str, typer.Argument(help="A catalogue name, a file of interactions, or a folder.")
    ],
    models: Annotated[Words, typer.Option(help="Names from `ecorec models`.")],
    trials: Annotated[
        int, typer.Option(help="Of every model at every embedding size; the first is the defaults.")
    ] = 20,
    objective: Annotated[
        str, typer.Option(help="A validation metric, or a metric and joules: ndcg@10,energy_j.")
    ] = "ndcg@10",
    embedding_sizes: Annotated[
        Words, typer.Option(help="Widths, each tuned on its own [default: 64].")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Of every trial [default: 30].")] = None,
    seed: Annotated[int, typer.Option(help="Of models and proposals.")] = 1,
    prune: Annotated[
        bool, typer.Option("--prune/--no-prune", help="Stop trials that lag behind the others.")
    ] = True,
    preset: shared.Preset = None,
    split: shared.Split = None,
    split_seed: shared.SplitSeed = None,
    k_core: shared.KCore = None,
    min_rating: shared.MinRating = None,
    columns: shared.Columns = None,
    timestamp_format: shared.TimestampFormat = None,
    topk: shared.Topk = None,
    patience: shared.Patience = None,
    validate_every: shared.ValidateEvery = None,
    set_: Annotated[
        Words,
        typer.Option("--set", help="Any setting, which then is not tuned (repeatable)."),
    ] = None,
    device: shared.Device = None,
    threads: Annotated[
        int | None, typer.Option(help="Of every trial [default: all CPUs that may be used].")
    ] = None,
    watts_per_cpu: shared.WattsPerCpu = None,
    country: shared.Country = None,
    data_path: shared.DataPath = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder, new or begun [default: by the data's name]."),
    ] = None,
) -> None:
    """Choose each model's settings on validation data; bill every trial; test what was chosen once.

    Started again, a tuning continues, and more models, sizes or trials extend it. The settings
    are used by `ecorec run … --tuned DIR`.

    Example: ecorec tune my.csv --models itemknn,lightgcn --trials 20
    """
    from ecorec.energy.waiting import wait_passively

    wait_passively()  # before torch is imported: threads that spin would be billed as work
    from ecorec.study.settings import StudySettings
    from ecorec.study.tuning.settings import TuningSettings

    fixed = shared.fixed_settings(
        k_core=k_core,
        min_rating=min_rating,
        columns=columns,
        timestamp_format=timestamp_format,
        patience=patience,
        validate_every=validate_every,
        set_=set_,
    )
    title, folder = named_after(dataset)
    stated: dict[str, Any] = {
        "name": f"{title}, tuned",
        "datasets": [dataset],
        "models": split_words(models, "--models"),
        "embedding_sizes": split_words(embedding_sizes),
        "epochs": None if epochs is None else [epochs],
        "seeds": [seed],
        "preset": preset,
        "split": split,
        "split_seed": split_seed,
        "topk": split_words(topk),
        "device": device,
        "threads": threads,
        "watts_per_cpu": low_central_high(watts_per_cpu, "--watts-per-cpu", "3,6,9"),
        "grid": None if country is None else {"country": country},
        "set": fixed,
    }
    study = StudySettings.parse(
        {key: value for key, value in stated.items() if value is not None},
        "the tuning",
        shared.help_of("tune"),
        {name: f"--{name.replace('_', '-')}" for name in stated},
    )
    asked = {
        "study": study,
        "trials": trials,
        "objective": tuple(split_words([objective]) or ()),
        "prune": prune,
    }
    settings = TuningSettings.parse(
        asked, "the tuning", shared.help_of("tune"), {"trials": "--trials"}
    )
    _execute(settings, out or Path(f"ecorec-{folder}-tuned"), data_path)


def _execute(settings: "TuningSettings", out: Path, data_path: Path | None) -> None:
    from ecorec.cli.progress import StudyProgress
    from ecorec.cli.tuning_progress import TuningProgress
    from ecorec.folders import write_whole
    from ecorec.report.page import write_report
    from ecorec.report.tuned_file import tuned_file
    from ecorec.report.tuning import tuning_summary
    from ecorec.study.execute import run_study
    from ecorec.study.tuning.tune import study_of_the_chosen, tune

    then = "goes on with the trial that was under way"
    with stoppable(f"finished trials are kept in {out}", then):
        with TuningProgress() as progress:
            record = tune(settings, out, data_path=data_path, listener=progress)
        console.note("training and testing what was chosen, once")
        with StudyProgress(with_head=False) as shown:
            study = run_study(
                study_of_the_chosen(settings, out), out, data_path=data_path, listener=shown
            )
    console.out(tuning_summary(record, study))
    write_whole(out / "tuned.toml", tuned_file(record).rstrip("\n"))
    page = write_report(out)
    console.note(
        f"\nReport: {page}     To keep: {out / 'tuned.toml'}     To use: ecorec run … --tuned {out}"
    )
