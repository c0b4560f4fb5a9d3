"""Projections by hand: a machine of half the speed, and the machine itself."""

from pathlib import Path

import pytest

from ecorec.analysis.configurations import configurations
from ecorec.analysis.elsewhere.projection import RATES, project, slowdown
from ecorec.errors import InputError
from ecorec.planning.calibration import Calibration, read_calibration
from tests.analysis.records import Plan, synthesise
from tests.cli.invoke import ecorec


def machine(name: str, rate: float, threads: int = 2, **changes) -> Calibration:
    (record,) = synthesise([Plan("simgcl", 64, machine=name)]).records
    values = {
        "hardware": record.machine,
        "threads": threads,
        "measured_at": "2026-11-24T03:00:00+00:00",
        "versions": {},
        **dict.fromkeys(RATES, rate),
    }
    return Calibration(**(values | changes))


def test_half_the_speed_is_twice_the_seconds_and_the_targets_own_watts() -> None:
    """24 J at 6 W are 4 CPU seconds; 8 there, at 1, 2 and 3 W."""
    plans = [Plan("simgcl", 64, energy_j=24.0)]
    slow = machine("slow", 5e9)
    slow = slow.model_copy(
        update={"hardware": slow.hardware.model_copy(update={"watts_per_cpu": (1.0, 2.0, 3.0)})}
    )
    (found,) = project(configurations(synthesise(plans).records), machine("machine-a", 1e10), slow)
    assert (found.energy_low_j, found.energy_j, found.energy_high_j) == pytest.approx((8, 16, 24))
    assert found.duration_s == pytest.approx(4.0)
    assert (found.method, found.test) == ("projected", "untested")


def test_rates_are_per_thread_and_their_spread_is_the_range() -> None:
    """Four threads with the rates of two are half as fast each; sparse reads are slower yet."""
    source = machine("machine-a", 1e10)
    target = machine("other", 1e10, threads=4, distant_rows_bytes_per_s=2.5e9)
    assert slowdown(source, target) == pytest.approx((2, 4, 8))


def test_a_machine_projected_onto_itself_is_itself() -> None:
    here = machine("machine-a", 1e10)
    (found,) = project(configurations(synthesise([Plan("simgcl", 64)]).records), here, here)
    assert found.duration_low_s == found.duration_s == found.duration_high_s
    assert found.energy_j == pytest.approx(10.0)


def test_a_run_from_the_target_is_the_test() -> None:
    plans = [Plan("simgcl", 64, energy_j=24.0), Plan("simgcl", 64, energy_j=30.0, machine="b")]
    source, target = machine("machine-a", 1e10), machine("b", 1e10)
    (found,) = project(configurations(synthesise(plans).records), source, target)
    assert found.test == "measured there: 30 J assumed in 2.5 s, within"
    plans[1] = Plan("simgcl", 64, energy_j=300.0, machine="b")
    (found,) = project(configurations(synthesise(plans).records), source, target)
    assert found.test.endswith("OUTSIDE")


def test_a_study_of_another_machine_is_refused() -> None:
    found = configurations(synthesise([Plan("simgcl", 64)]).records)
    with pytest.raises(InputError, match="measured on machine elsewhere with 2 threads"):
        project(found, machine("elsewhere", 1e10), machine("b", 1e10))


def test_runs_beside_other_work_are_named_and_may_be_projected(tmp_path: Path) -> None:
    beside = synthesise([Plan("simgcl", 64, repeats=2, foreign_share=0.4)])
    here = machine("machine-a", 1e10)
    words = "all 2 runs on machine machine-a with 2 threads had other work beside"
    with pytest.raises(InputError, match=words) as error:
        project(configurations(beside.records), here, here)
    assert "--with-contaminated" in error.value.hint
    folder = str(beside.study(tmp_path / "s").path)
    (tmp_path / "cal.json").write_text(here.model_dump_json())
    cal = str(tmp_path / "cal.json")
    found = ecorec("project", folder, "--onto", cal, "--from", cal, "--with-contaminated")
    assert "simgcl d=64" in found.stdout
    assert "left out" not in found.stderr


def test_runs_beside_other_work_are_left_out_and_counted(tmp_path: Path) -> None:
    made = synthesise([Plan("simgcl", 64), Plan("ngcf", 64, foreign_share=0.4)])
    folder = str(made.study(tmp_path / "s").path)
    cal = str(tmp_path / "cal.json")
    Path(cal).write_text(machine("machine-a", 1e10).model_dump_json())
    found = ecorec("project", folder, "--onto", cal, "--from", cal)
    assert "ngcf" not in found.stdout
    assert "1 of 2 measurements had other work beside them and are left out" in found.stderr


@pytest.mark.parametrize(
    ("text", "words"), [(None, "cannot be read"), ('{"threads": 2}', "no calibration: hardware")]
)
def test_a_file_that_is_no_calibration_is_refused(tmp_path: Path, text, words: str) -> None:
    file = tmp_path / "c.json"
    if text:
        file.write_text(text)
    with pytest.raises(InputError, match=words) as error:
        read_calibration(file)
    assert "ecorec doctor --calibrate" in str(error.value.hint)
