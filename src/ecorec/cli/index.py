"""`ecorec index`: what a trained model is served from."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ecorec.cli import console, shared

if TYPE_CHECKING:
    from ecorec.serving.manifest import Manifest

Kind = Literal["exact", "float16", "int8", "approximate", "lists", "sparse"]


def index(
    run: Annotated[Path, typer.Argument(help="A run's folder: OUT/runs/<run_id>.")],
    kind: Annotated[
        Kind | None,
        typer.Option(
            help="How the best items are found [default: as the model scores, exact or sparse]."
        ),
    ] = None,
    k: Annotated[
        int, typer.Option("--k", help="Length of `lists`; recall is shown at 10 and at this.")
    ] = 100,
    out: Annotated[
        Path | None, typer.Option(help="The index's folder [default: RUN/index/KIND].")
    ] = None,
    data_path: shared.DataPath = None,
) -> None:
    """Build the index of a trained model, and say what it took and what it finds.

    Example: ecorec index ecorec-quickstart/runs/0123456789ab --kind int8
    """
    from ecorec.study.index import index_run

    folder, manifest = index_run(run, kind, k, out, data_path)
    console.out(_summary(folder, manifest))


def _summary(folder: Path, manifest: "Manifest") -> str:
    from ecorec.report.ranges import between
    from ecorec.units import format_bytes, format_duration, format_energy

    lines = [
        f"{manifest.model} · {manifest.dataset} · index `{manifest.kind}`, version "
        f"{manifest.version}",
        f"size    {format_bytes(float(manifest.index_bytes))} in memory: "
        f"{manifest.n_users:,} users, {manifest.n_items:,} items",
    ]
    build = manifest.build
    if build is not None:
        joules = "energy absent"
        if build.energy_j is not None and build.low_j is not None and build.high_j is not None:
            span = between(build.low_j, build.high_j, format_energy)
            joules = f"{format_energy(build.energy_j)} ({span}), {' and '.join(build.methods)}"
        lines.append(f"build   {format_duration(build.duration_s)} · {joules}")
    found = " · ".join(f"recall@{item.k} {item.recall:.4f}" for item in manifest.recall)
    if manifest.recall:
        users = manifest.recall[0].n_users
        lines.append(f"finds   {found} of the exact lists ({users:,} users)")
    lines.append(f"files   {folder}")
    return "\n".join(lines)
