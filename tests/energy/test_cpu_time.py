"""CPU time of the process tree: the real one, on this machine."""

import subprocess
import sys
import time

import pytest

from ecorec.energy.cpu_time import CpuTimeSensor, ProcessTreeClock
from ecorec.energy.meter import Meter

BURN = "import time\nend = time.process_time() + 0.4\nwhile time.process_time() < end: pass\n"


def sensor() -> CpuTimeSensor:
    return CpuTimeSensor((3.0, 6.0, 9.0), "assumed", "test")


def burn(cpu_s: float) -> None:
    end = time.process_time() + cpu_s
    while time.process_time() < end:
        pass


def test_joules_are_cpu_seconds_times_watts() -> None:
    with Meter([sensor()]).window("work") as window:
        burn(0.3)
    reading = window.reading
    assert reading.energy_j == pytest.approx(6 * reading.cpu_s, rel=1e-2)
    assert (reading.low_j, reading.high_j) == (
        pytest.approx(reading.energy_j / 2),
        pytest.approx(reading.energy_j * 1.5),
    )
    assert 0.3 <= reading.cpu_s < 0.35


def test_sleeping_costs_nothing() -> None:
    with Meter([sensor()]).window("sleep") as window:
        time.sleep(0.3)
    assert window.reading.duration_s >= 0.3
    assert window.reading.cpu_s < 0.02


def test_a_child_is_counted_while_it_lives_and_after() -> None:
    clock = ProcessTreeClock()
    before = clock()
    child = subprocess.Popen([sys.executable, "-c", BURN + "time.sleep(30)"])
    deadline = time.monotonic() + 20
    while clock() - before < 0.35 and time.monotonic() < deadline:
        time.sleep(0.05)
    alive = clock() - before
    child.kill()
    child.wait()
    after = clock() - before
    assert alive >= 0.35
    assert after >= alive - 0.03  # the kernel counts reaped children in ticks of 10 ms


def test_a_neighbour_that_is_no_child_is_not_counted() -> None:
    # Started through a shell that leaves at once, so that it belongs to nobody here.
    subprocess.run(["sh", "-c", f"{sys.executable} -c '{BURN}' &"], check=True)
    clock = ProcessTreeClock()
    before = clock()
    time.sleep(0.5)
    assert clock() - before < 0.05
