import dataclasses
import json
import time

import pytest
import typer
from typer.testing import CliRunner

from ecorec.cli.doctor import doctor
from ecorec.energy import selftest
from ecorec.energy.cpu_time import CpuTimeSensor
from ecorec.energy.hardware import describe_machine
from ecorec.errors import InputError
from ecorec.study import cpus

app = typer.Typer()
app.command()(doctor)

SUBJECTS = [
    "machine",
    "CPU package",
    "CPU modelled",
    "DRAM",
    "RAM modelled",
    "GPU",
    "CodeCarbon",
    "self-test",
]


@pytest.fixture(scope="module")
def printed() -> str:
    result = CliRunner().invoke(app)
    assert result.exit_code == 0, result.output
    return result.output


def test_every_component_has_its_line(printed: str) -> None:
    subjects = [line[:14].strip() for line in printed.splitlines() if line[0] != " "]
    assert subjects == [*SUBJECTS, "versions"]


def test_it_fits_a_terminal(printed: str) -> None:
    assert max(map(len, printed.splitlines())) <= 100


def test_it_says_what_a_busy_cpu_is_billed_with_and_why(printed: str) -> None:
    machine = describe_machine()
    words = " ".join(printed.split())
    low, central, high = machine.watts_per_cpu
    expected = (
        f"{central:.3g} W per busy CPU ({low:.3g}-{high:.3g}), uncalibrated: {machine.watts_source}"
    )
    assert f"CPU modelled {machine.watts_method} {expected}" in words


def test_json_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    findings = (selftest.Finding("CPU package", "absent", "no counter", "ask for one"),)
    monkeypatch.setattr(selftest, "examine", lambda _: selftest.Examination(findings, True))
    result = CliRunner().invoke(app, ["--json"])
    answer = json.loads(result.output)
    assert answer["passed"] is True
    assert answer["findings"] == [dataclasses.asdict(findings[0])]
    assert {"ecorec", "python", "torch", "numba", "codecarbon"} <= set(answer["versions"])


def test_a_failed_trial_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    # A sensor that bills nothing: busy looks like idle.
    monkeypatch.setattr(selftest, "billed_busy", lambda _: 0.0)
    examination = selftest.examine()
    assert not examination.passed
    assert examination.findings[-1].method == "FAILED"
    monkeypatch.setattr(selftest, "examine", lambda _: examination)
    result = CliRunner().invoke(app)
    assert result.exit_code == 1
    assert "modelled joules cannot be trusted here" in " ".join(result.output.split())


def test_busy_is_billed_more_than_idle() -> None:
    sensor = CpuTimeSensor((1.0, 1.0, 1.0), "assumed", "test")
    before = time.process_time()
    busy_s = selftest.billed_busy(sensor)
    # The clock of a trial is the process's own: it cannot bill more than was spent.
    assert busy_s <= time.process_time() - before
    assert busy_s > selftest.billed_idle(sensor) + 0.03


@pytest.mark.slow
def test_watts_are_calibrated_with_the_cpus_that_may_be_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cpus, "free_cpus", lambda: [0])
    asked = ["--calibrate-watts", "--seconds", "1", "--wall-command", "echo 5"]
    result = CliRunner().invoke(app, asked)
    assert "from none to 1 busy CPUs and back" in result.output
    # A meter that shows the same under every load is no meter of this machine.
    with pytest.raises(InputError, match="W a busy CPU: no rise with the load"):
        raise result.exception
