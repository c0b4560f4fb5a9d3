"""`ecorec run`: a study from a file, from flags, or on some data."""

from pathlib import Path
from typing import Annotated

import typer

from ecorec.cli import asking, shared
from ecorec.cli.run_and_report import run_and_report
from ecorec.cli.study_of import study_of
from ecorec.cli.words import Words
from ecorec.study import defaults


def run(
    study: Annotated[
        str | None,
        typer.Argument(
            help="A study's TOML file, a file of interactions, the name of a data set "
            "(`ecorec data list`), or `quickstart`."
        ),
    ] = None,
    models: Annotated[
        Words,
        typer.Option(help=f"Names from `ecorec models` [default: {', '.join(defaults.MODELS)}]."),
    ] = None,
    datasets: Annotated[
        Words,
        typer.Option(
            help="Catalogue names, files, LightGCN-format folders [default: movietweetings]."
        ),
    ] = None,
    embedding_sizes: Annotated[
        Words, typer.Option(help="Widths, e.g. 32,64 [default: 64].")
    ] = None,
    layers: Annotated[
        Words, typer.Option(help="Propagation steps [default: the model's own].")
    ] = None,
    epochs: Annotated[
        Words, typer.Option(help="Several values cost one training [default: 30].")
    ] = None,
    train_shares: Annotated[
        Words, typer.Option(help="Shares of the training data, e.g. 0.2,0.4,1 [default: 1].")
    ] = None,
    train_shares_by: Annotated[
        Words, typer.Option(help="Which part: random or recent, or both [default: random].")
    ] = None,
    seeds: Annotated[Words, typer.Option(help="Values, not how many [default: 1].")] = None,
    tuned: Annotated[
        Words, typer.Option(help="Folders of `ecorec tune` [default: untuned].")
    ] = None,
    preset: shared.Preset = None,
    split: shared.Split = None,
    split_seed: shared.SplitSeed = None,
    k_core: shared.KCore = None,
    min_rating: shared.MinRating = None,
    columns: shared.Columns = None,
    timestamp_format: shared.TimestampFormat = None,
    metric: Annotated[
        str | None, typer.Option(help="Validation metric that selects [default: ndcg@10].")
    ] = None,
    topk: shared.Topk = None,
    patience: shared.Patience = None,
    validate_every: shared.ValidateEvery = None,
    checkpoint_every: Annotated[
        int | None, typer.Option(help="Epochs between states to continue from [default: none].")
    ] = None,
    stop_when: Annotated[
        str | None,
        typer.Option(
            help="Stop a training once energy buys too little: 'gain<0.15% per 10%' more of it, or "
            "'gain<0.001 per kJ' [default: never; with --budget: gain<0.15% per 10%]."
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            help="Most that the study may take, cheap runs first: 200kJ, 50g, 2h [default: none]."
        ),
    ] = None,
    halving: Annotated[
        int | None,
        typer.Option(
            help="Successive halving of the grid: train all a little, go on with the best one in "
            "so many by validation, up to --epochs: 3 is usual [default: none]."
        ),
    ] = None,
    repeats: Annotated[
        int | None, typer.Option(help="Measurements of each run [default: 1].")
    ] = None,
    cooldown_s: Annotated[
        float | None, typer.Option(help="Seconds of rest between runs [default: 0].")
    ] = None,
    vary: Annotated[
        Words, typer.Option(help="Any setting as a factor, e.g. batch_size=2048,8192 (repeatable).")
    ] = None,
    set_: Annotated[
        Words,
        typer.Option("--set", help="Any setting, e.g. simgcl.temperature=0.1 (repeatable)."),
    ] = None,
    device: shared.Device = None,
    threads: Annotated[
        Words,
        typer.Option(
            help="Of every run; several make a factor [default: all CPUs that may be used]."
        ),
    ] = None,
    dtype: Annotated[
        str | None, typer.Option(help="float32 or float64 [default: float32].")
    ] = None,
    kernel: Annotated[
        Words,
        typer.Option(
            help="fixed-width, library or edge-wise; several make a factor [default: the fastest]."
        ),
    ] = None,
    memory_map: Annotated[
        str | None,
        typer.Option(
            help="Folder, which is there, on a disk: graph and embeddings are files mapped into "
            "memory [default: in memory]."
        ),
    ] = None,
    watts_per_cpu: shared.WattsPerCpu = None,
    wall_command: Annotated[
        str | None, typer.Option(help="Prints what a meter at the wall shows, e.g. 'read-plug'.")
    ] = None,
    wall_unit: Annotated[
        str | None, typer.Option(help="W, J, Wh or kWh of --wall-command [default: W].")
    ] = None,
    country: shared.Country = None,
    intensity_g_per_kwh: shared.Intensity = None,
    pue: Annotated[
        float | None, typer.Option(help="Power usage effectiveness [default: 1].")
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(
            help="local (one run after another), process (several processes here) or ray (a "
            "cluster) [default: local]."
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Runs at a time: of process, or the most asked of ray.")
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="HOST:PORT of the Ray cluster [default: this machine's].")
    ] = None,
    exclusive: Annotated[
        bool | None,
        typer.Option(
            "--exclusive/--shared",
            help="Whether a machine or node has one run at a time, which keeps its energy its own "
            "[default: exclusive on ray].",
        ),
    ] = None,
    data_path: shared.DataPath = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Study's folder, new or begun [default: by the study's name]."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not forecast first, nor ask whether to start.")
    ] = False,
) -> None:
    """Run a study: what is missing in its folder, and nothing else.

    Lists are comma-separated or repeated. Started again, a study continues; more models, sizes
    or seeds extend it. Started by torchrun, its processes share the columns of every embedding.

    Example: ecorec run my.csv --models itemknn,lightgcn --embedding-sizes 32,64 --country ITA

    A grid, halved: ecorec run my.csv --models lightgcn --vary learning_rate=0.001,0.01 --halving 2

    One model over two processes: torchrun --nproc-per-node 2 -m ecorec run my.csv --models lightgcn
    """
    settings, folder = study_of(locals())
    from ecorec.study.torchrun import are_several

    # A forecast is of one process, and several cannot ask.
    asks = not (yes or are_several()) and settings.budget is None and asking.may_ask()
    if asks and not asking.agreed(settings, folder, data_path):
        raise typer.Exit(1)
    run_and_report(settings, folder, data_path)
