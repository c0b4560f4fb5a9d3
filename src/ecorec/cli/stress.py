"""`ecorec stress`: a trained model under load, with the joules of every thousand requests."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecorec.cli import console, shared
from ecorec.cli.above_zero import above_zero
from ecorec.cli.index import Kind

if TYPE_CHECKING:
    from ecorec.analysis.deployed.life_cycle import Operation
    from ecorec.serving.load.settings import LoadSettings


def stress(
    run: Annotated[Path, typer.Argument(help="A run's folder: OUT/runs/<run_id>.")],
    kind: Annotated[
        Kind | None,
        typer.Option(help="Index; built if it is not there [default: as the model scores]."),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(help="Several kinds side by side, e.g. exact,int8,approximate,lists."),
    ] = None,
    http: Annotated[
        bool, typer.Option("--http/--no-http", help="The server as well, or the index alone.")
    ] = True,
    steps: Annotated[
        str | None,
        typer.Option(help="Percent of saturation [default: 10,20,…,90,95; with --compare 50]."),
    ] = None,
    window_s: Annotated[float, typer.Option(help="Seconds of each step that count.")] = 30.0,
    k: Annotated[int, typer.Option("--k", help="Length of each list.")] = 10,
    users: Annotated[str, typer.Option(help="Who asks: uniform or skewed (Zipf).")] = "uniform",
    users_per_request: Annotated[
        int, typer.Option(help="1 is a GET of one list, more a POST of so many.")
    ] = 1,
    arrivals: Annotated[str, typer.Option(help="poisson or constant.")] = "poisson",
    seed: Annotated[int, typer.Option(help="Of users and arrivals.")] = 1,
    requests_per_day: Annotated[
        float | None,
        typer.Option(
            help="With --compare: spreads the build over them.",
            callback=above_zero("--requests-per-day", "10000"),
        ),
    ] = None,
    retrain_every: Annotated[
        str, typer.Option(help="With --compare: how often it is built, e.g. 7d.")
    ] = "7d",
    data_path: shared.DataPath = None,
) -> None:
    """Measure a trained model in use: saturation, then idle and steps of it, joules and latency.

    Writes RUN/serving/ID.json; the run's own record is not touched. `ecorec break-even` compares
    two runs, `ecorec report` draws them.

    Example: ecorec stress ecorec-quickstart/runs/0123456789ab --steps 10,50,90 --window-s 10
    """
    from ecorec.errors import InputError
    from ecorec.serving.load.settings import STEPS, LoadSettings, parse_steps

    if compare is not None and kind is not None:
        message = f"--kind {kind} and --compare {compare} ask for different things"
        raise InputError(message, hint="name all kinds in --compare")
    if compare is None and requests_per_day is not None:
        message = "--requests-per-day spreads the build of several kinds, and there is no --compare"
        hint = "add e.g. --compare exact,int8, or leave it out; `ecorec break-even` takes it too"
        raise InputError(message, hint=hint)
    usual = STEPS if compare is None else (50.0,)
    stated = {
        "k": k, "users": users, "users_per_request": users_per_request, "arrivals": arrivals,
        "steps": usual if steps is None else parse_steps(steps), "window_s": window_s,
        "ramp_s": max(0.0, min(2.0, window_s / 5)), "seed": seed,
    }  # fmt: skip
    settings = LoadSettings.parse(stated, "`ecorec stress`", shared.help_of("stress"))
    if compare is None:
        _one(run, kind, settings, http=http, data_path=data_path)
        return
    operation = _operation(requests_per_day, retrain_every)
    _several(run, _kinds(compare), settings, operation, http=http, data_path=data_path)


def _one(
    run: Path, kind: Kind | None, settings: "LoadSettings", *, http: bool, data_path: Path | None
) -> None:
    from ecorec.report.serving import ladder_text, progress_line
    from ecorec.study.stress import seconds_of, stress_run

    label = _label(run)
    console.note(_announcement(seconds_of(settings, http=http)))

    def tell(name: str, found: Any) -> None:
        console.note(progress_line(name, found))

    file, record = stress_run(run, kind, settings, http=http, data_path=data_path, tell=tell)
    console.out(ladder_text(record, label))
    console.note(f"\nwritten: {file}")


def _several(
    run: Path,
    kinds: list[Kind],
    settings: "LoadSettings",
    operation: "Operation | None",
    *,
    http: bool,
    data_path: Path | None,
) -> None:
    from ecorec.report.serving import progress_line
    from ecorec.report.serving_comparison import comparison_text
    from ecorec.report.serving_figure import write_comparison
    from ecorec.serving.store import FOLDER
    from ecorec.study.stress import seconds_of, stress_run

    label = _label(run)
    console.note(_announcement(len(kinds) * seconds_of(settings, http=http)))
    records = []
    for kind in kinds:

        def tell(name: str, found: Any, kind: Kind = kind) -> None:
            console.note(f"{kind:<12} {progress_line(name, found)}")

        _, record = stress_run(run, kind, settings, http=http, data_path=data_path, tell=tell)
        records.append(record)
    console.out(comparison_text(records, label, operation))
    paths = write_comparison(records, label, run / FOLDER)
    console.note(f"\nwritten: {run / FOLDER}, chart: {paths[0]}")


def _announcement(seconds: float) -> str:
    from ecorec.units import format_duration

    return f"about {format_duration(seconds)}, without what has to be built first"


def _kinds(text: str) -> list[Kind]:
    from typing import get_args

    from ecorec.errors import unknown_name

    known = get_args(Kind)
    names = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for name in names:
        if name not in known:
            listing = f"there are {', '.join(known)}; in all:"
            raise unknown_name("kind of index", name, known, listing)
    found: list[Kind] = [kind for kind in known if kind in names]
    return sorted(found, key=names.index)


def _operation(requests_per_day: float | None, retrain_every: str) -> "Operation | None":
    from ecorec.analysis.deployed.life_cycle import Operation, parse_cadence

    cadence = parse_cadence(retrain_every)
    return None if requests_per_day is None else Operation(requests_per_day, cadence)


def _label(run: Path) -> str:
    from ecorec.study.store import read_record

    record = read_record(run)
    size = "" if record.embedding_size is None else f" d={record.embedding_size}"
    return f"{record.model}{size} · {record.data.name}"
