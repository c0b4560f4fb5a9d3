"""`ecorec doctor`: what is measured here, what is only modelled, and why."""

import json
from typing import Annotated

import typer

from ecorec.cli import console


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show sensors, hardware and versions, and test the sensor that would be used.

    Example: ecorec doctor
    """
    from ecorec.energy.selftest import examine
    from ecorec.study.machine import versions

    found = examine()
    used = versions()
    if as_json:
        rows = [vars(finding) for finding in found]
        console.out(json.dumps({"findings": rows, "versions": used}, indent=2))
        return
    for finding in found:
        console.out(f"{finding.subject:<14} {finding.method:<9} {finding.words}")
    console.out(f"{'versions':<14} {'':<9} {', '.join(f'{k} {v}' for k, v in used.items())}")
