"""`ecorec serve`: a trained model over HTTP."""

from pathlib import Path
from typing import Annotated

import typer

from ecorec.cli import console, shared
from ecorec.cli.index import Kind


def serve(
    run: Annotated[Path, typer.Argument(help="A run's folder, or an index's.")],
    kind: Annotated[
        Kind | None,
        typer.Option(help="Which index; built if it is not there [default: as the model scores]."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    max_k: Annotated[int, typer.Option(help="Longest list that may be asked for.")] = 1000,
    max_batch: Annotated[int, typer.Option(help="Most lists in one request.")] = 1000,
    max_waiting: Annotated[
        int | None,
        typer.Option(help="Lists that may wait [default: 10000, or ten times --max-batch]."),
    ] = None,
    max_body_bytes: Annotated[int, typer.Option(help="Largest body of a request.")] = 2**20,
    timeout_s: Annotated[float, typer.Option(help="Seconds that a request may take.")] = 10.0,
    data_path: Annotated[
        Path | None,
        typer.Option(help="Data of a run that has no index yet [default: $ECOREC_DATA]."),
    ] = None,
) -> None:
    """Serve a trained model over HTTP until Ctrl-C; ECOREC_API_KEY asks for a key.

    Example: ecorec serve ecorec-quickstart/runs/0123456789ab --port 8000
    """
    from ecorec.energy.waiting import wait_passively

    wait_passively()
    try:
        from ecorec.serving.process import listen, serve_until_stopped
        from ecorec.serving.server import create_app
    except ModuleNotFoundError as error:
        from ecorec.errors import InputError

        message = f"`ecorec serve` needs {error.name}, which is not installed"
        raise InputError(message, hint="pip install 'ecorec[serve]'") from None
    from ecorec.energy.counter_test import without_failing
    from ecorec.energy.detect import find_sensors
    from ecorec.energy.hardware import describe_machine
    from ecorec.energy.meter import Meter
    from ecorec.energy.sampling import Sampler
    from ecorec.serving.limits import Limits
    from ecorec.serving.storage import load_index
    from ecorec.study.machine import use_threads
    from ecorec.study.serve import api_key, loader, ready_index

    values = {
        "max_k": max_k, "max_batch": max_batch, "max_waiting": max_waiting,
        "max_body_bytes": max_body_bytes, "timeout_s": timeout_s,
    }  # fmt: skip
    limits, key = Limits.parse(values, "`ecorec serve`", shared.help_of("serve")), api_key()
    folder = ready_index(run, kind, data_path)
    stored, listening = load_index(folder), listen(host, port)
    use_threads(1)
    sensors = without_failing(find_sensors(describe_machine()))
    with Sampler(sensors):
        app = create_app(stored, loader(folder), limits=limits, api_key=key, meter=Meter(sensors))
        about, at = stored.manifest, f"http://{host}:{listening.getsockname()[1]}"
        console.note(
            f"{about.model} · {about.dataset} · index `{about.kind}`, version {about.version}\n"
            f"{at} · {'with' if key else 'without'} API key · Ctrl-C stops"
        )
        if key is None and host not in ("127.0.0.1", "::1", "localhost"):
            console.note("anybody who reaches this address may ask: set ECOREC_API_KEY for a key")
        serve_until_stopped(app, listening)
