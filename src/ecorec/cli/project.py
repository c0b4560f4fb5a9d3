"""`ecorec project`: a study on another machine, by both machines' calibrations."""

from pathlib import Path
from typing import Annotated

import typer

from ecorec.cli import console


def project(
    folder: Annotated[Path, typer.Argument(help="A study's folder.")],
    onto: Annotated[Path, typer.Option(help="Calibration of the other machine.")],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Calibration of the study's machine [default: made here, now]."
        ),
    ] = None,
    with_contaminated: Annotated[
        bool,
        typer.Option("--with-contaminated", help="Project energy read beside other work, too."),
    ] = False,
) -> None:
    """Carry a study's seconds and joules over to another machine; a projection, no measurement.

    Example: ecorec project ecorec-quickstart --onto server.json
    """
    from ecorec.analysis.configurations import configurations
    from ecorec.analysis.elsewhere.projection import project as carry_over
    from ecorec.planning.calibration import calibrate, read_calibration
    from ecorec.report.ranges import between
    from ecorec.report.tables import as_text
    from ecorec.study.cpus import default_threads
    from ecorec.study.machine import use_threads, versions
    from ecorec.study.store import read_study
    from ecorec.units import format_duration, format_energy

    study = read_study(folder)
    target = read_calibration(onto)
    if source is None:
        threads = study.records[0].threads if study.records else default_threads()
        use_threads(threads)
        here = calibrate(threads, versions())
    else:
        here = read_calibration(source)
    members = configurations(
        study.records, with_contaminated=with_contaminated, varied=study.info.varied
    )
    found = carry_over(members, here, target)
    left_out = len(study.records) - sum(len(item.clean) for item in members)
    if left_out:
        console.note(
            f"{left_out} of {len(study.records)} measurements had other work beside them and are "
            "left out (--with-contaminated)"
        )
    console.out(
        f"{folder} from {here.hardware.cpu} ({here.threads} threads) onto {target.hardware.cpu} "
        f"({target.threads} threads): low and high span all rates and all watts\n"
    )
    head = ["", "seconds (low-high)", "energy (low-high)", "", "test"]
    lines = [
        [
            item.label,
            f"{format_duration(item.duration_s)} ({format_duration(item.duration_low_s)}-"
            f"{format_duration(item.duration_high_s)})",
            f"{format_energy(item.energy_j)} "
            f"({between(item.energy_low_j, item.energy_high_j, format_energy)})",
            item.method,
            item.test,
        ]
        for item in found
    ]
    console.out(as_text([head, *lines], right=(1, 2)))
