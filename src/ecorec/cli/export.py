"""`ecorec export`: records in the formats of other tools, in the units that they expect."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ecorec.cli import console, shared
from ecorec.cli.output_files import check_writable

Format = Literal["model-card", "codecarbon", "prometheus", "mlflow"]


def export(
    path: Annotated[Path, typer.Argument(help="A study's folder, or OUT/runs/<run_id>.")],
    format_: Annotated[
        Format, typer.Option("--format", help="Which tool's; model-card is of one run.")
    ],
    out: Annotated[
        str | None,
        typer.Option(
            help="File to write, whole or not at all [default: stdout]; MLflow's tracking URI "
            "[default: $MLFLOW_TRACKING_URI]."
        ),
    ] = None,
    country: Annotated[
        str | None, typer.Option(help="Of the electricity [default: the study's].")
    ] = None,
    intensity_g_per_kwh: shared.Intensity = None,
    pue: shared.PueOfStudy = None,
) -> None:
    """Write records for another tool: grams for Hugging Face, kWh for CodeCarbon, J for Prometheus.

    Example: ecorec export ecorec-quickstart --format codecarbon > emissions.csv
    """
    from ecorec.energy.emissions import GridSettings
    from ecorec.folders import write_whole
    from ecorec.report.exports.codecarbon import codecarbon_csv
    from ecorec.report.exports.model_card import model_card
    from ecorec.report.exports.prometheus import prometheus_text
    from ecorec.report.exports.selected import select

    if out is not None and format_ != "mlflow":
        check_writable("--out", Path(out))
    selected = select(path)
    changes = {"country": country, "intensity_g_per_kwh": intensity_g_per_kwh, "pue": pue}
    stated = {name: value for name, value in changes.items() if value is not None}
    if stated:
        own = selected.study.info.grid.model_dump()
        if country is not None or intensity_g_per_kwh is not None:
            own = {"pue": own["pue"]}
        selected = select(
            path, GridSettings.parse(own | stated, "the grid", shared.help_of("export"))
        )
    if selected.grid is None:
        console.note("no grid was stated, so no emissions are written (state one: --country ITA)")
    beside = sum(record.contaminated for record in selected.records)
    if beside:
        n = len(selected.records)
        console.note(
            f"{beside} of {n} measurements had other work beside them: their joules do not compare"
        )
    if format_ == "mlflow":
        from ecorec.report.exports.mlflow import log_to_mlflow

        for run_id in log_to_mlflow(selected, out):
            console.out(run_id)
        return
    writers = {
        "model-card": model_card,
        "codecarbon": codecarbon_csv,
        "prometheus": prometheus_text,
    }
    text = writers[format_](selected)
    if out is None:
        console.out(text)
    else:
        write_whole(Path(out), text.rstrip("\n"))
        console.out(out)
