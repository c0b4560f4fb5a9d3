"""`ecorec doctor`: what is measured here, what is only modelled, and why."""

import json
import textwrap
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecorec.cli import console, shared
from ecorec.cli.output_files import writable
from ecorec.errors import InputError
from ecorec.report.paragraphs import WIDTH

if TYPE_CHECKING:
    from ecorec.energy.detect import SensorSettings
    from ecorec.energy.selftest import Finding

_SUBJECT, _METHOD = 14, 10


def doctor(
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    wall_command: Annotated[
        str | None, typer.Option(help="Prints what a meter at the wall shows, e.g. 'read-plug'.")
    ] = None,
    wall_unit: Annotated[str, typer.Option(help="W, J, Wh or kWh of --wall-command.")] = "W",
    calibrate: Annotated[
        Path | None,
        typer.Option(
            help="Write this machine's rates to a file, for `ecorec project`.",
            callback=writable("--calibrate"),
        ),
    ] = None,
    calibrate_watts: Annotated[
        bool, typer.Option("--calibrate-watts", help="Watts of a busy CPU from --wall-command.")
    ] = False,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="Of the calibration [default: all CPUs that may be used]."),
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(
            help="Record the machine's counter or meter into a file.", callback=writable("--record")
        ),
    ] = None,
    seconds: Annotated[
        float,
        typer.Option(min=1, max=86_400, help="Length of the recording, or of each load."),
    ] = 60.0,
) -> None:
    """Show how energy is obtained here, component by component, and test it.

    Example: ecorec doctor --calibrate this-machine.json
    """
    from ecorec.energy.detect import SensorSettings

    meter = {"command": wall_command, "unit": wall_unit} if wall_command is not None else None
    settings = SensorSettings.parse(
        {"wall": meter}, "the meter at the wall", shared.help_of("doctor")
    )
    if calibrate is not None:
        _calibrate(calibrate, threads)
    elif calibrate_watts:
        _calibrate_watts(seconds, settings)
    elif record is not None:
        _record(record, seconds, settings)
    else:
        _examine(settings, json_output=json_output)


def _examine(settings: "SensorSettings", *, json_output: bool) -> None:
    from ecorec.energy.selftest import examine
    from ecorec.study.machine import versions

    examination = examine(settings)
    used = versions()
    if json_output:
        findings = [asdict(finding) for finding in examination.findings]
        answer = {"passed": examination.passed, "findings": findings, "versions": used}
        console.out(json.dumps(answer, indent=2))
    else:
        for finding in examination.findings:
            console.out(_in_lines(finding))
        listed = ", ".join(f"{name} {version}" for name, version in used.items())
        console.out(_wrapped("versions", "", listed))
    if not examination.passed:
        raise typer.Exit(1)


def _calibrate(file: Path, threads: int | None) -> None:
    from ecorec.energy.waiting import wait_passively

    wait_passively()
    from ecorec.folders import write_whole
    from ecorec.planning.calibration import calibrate
    from ecorec.study.cpus import default_threads
    from ecorec.study.machine import use_threads, versions

    used = threads or default_threads()
    use_threads(used)
    found = calibrate(used, versions())
    write_whole(file, found.model_dump_json(indent=1))
    rates = (
        ("rows of 256 B at random places, 2 MiB", found.cached_rows_bytes_per_s, "GB/s"),
        ("rows of 256 B at random places, 256 MiB", found.distant_rows_bytes_per_s, "GB/s"),
        ("streaming", found.stream_bytes_per_s, "GB/s"),
        ("matrix products, float32", found.dense_multiply_adds_per_s, "G multiply-adds/s"),
    )
    for name, rate, unit in rates:
        console.out(f"{name:<42}{rate / 1e9:>8.1f} {unit}, {used} threads")
    console.note(f"written to {file}; carry a study over with: ecorec project DIR --onto {file}")


def _calibrate_watts(seconds: float, settings: "SensorSettings") -> None:
    from ecorec.energy.wall import wall_sensor
    from ecorec.energy.wall_calibration import calibrate_watts
    from ecorec.study.cpus import default_threads

    if settings.wall is None:
        message = "--calibrate-watts needs a meter"
        raise InputError(message, hint="name it: --wall-command 'read-plug --watts'")
    n_cpus = default_threads()
    console.note(f"{seconds:g} s at each load, from none to {n_cpus} busy CPUs and back")
    found = calibrate_watts(wall_sensor(settings.wall), n_cpus, seconds)
    low, central, high = found.watts_per_cpu
    console.out(
        f"wall = {found.idle_w:.1f} W + {central:.2f} W ({low:.2f}-{high:.2f}) x busy CPUs; "
        f"residual {found.residual_w:.2f} W over {found.n} loads"
    )
    console.note(f"bill it with: --watts-per-cpu {low:.3g},{central:.3g},{high:.3g}")


def _record(file: Path, seconds: float, settings: "SensorSettings") -> None:
    from ecorec.energy.detect import find_sensors
    from ecorec.energy.hardware import describe_machine
    from ecorec.energy.replay import Recorder
    from ecorec.energy.sampling import Sampler
    from ecorec.folders import write_whole

    sensors = find_sensors(describe_machine(), settings)
    readable = [s for s in sensors if s.scope == "machine" and s.method != "absent"]
    if not readable:
        message = "there is no counter and no meter to record here"
        raise InputError(message, hint="`ecorec doctor` says why; --wall-command names a meter")
    console.note(f"recording {readable[0].name} for {seconds:g} s")
    recorder = Recorder(readable[0])
    with Sampler([*readable, recorder]):
        time.sleep(seconds)
    write_whole(file, recorder.recording().model_dump_json())
    console.out(str(file))


def _in_lines(finding: "Finding") -> str:
    advice = f"; {finding.advice}" if finding.advice else ""
    return _wrapped(finding.subject, finding.method, finding.words + advice)


def _wrapped(subject: str, method: str, words: str) -> str:
    return textwrap.fill(
        words,
        WIDTH,
        initial_indent=f"{subject:<{_SUBJECT}}{method:<{_METHOD}}",
        subsequent_indent=" " * (_SUBJECT + _METHOD),
        break_on_hyphens=False,
    )
