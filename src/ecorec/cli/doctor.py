"""`ecorec doctor`: what is measured here, what is only modelled, and why."""

import json
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ecorec.cli import console

if TYPE_CHECKING:
    from ecorec.energy.selftest import Finding

WIDTH = 100
"""Columns of the terminal that the answer is made for."""

_SUBJECT, _METHOD = 14, 10


def doctor(
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how energy is obtained here, component by component, and test it.

    Example: ecorec doctor
    """
    from ecorec.energy.selftest import examine
    from ecorec.study.machine import versions

    examination = examine()
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
