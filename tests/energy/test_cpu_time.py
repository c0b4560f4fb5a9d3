"""The CPU-time sensor, for real: joules are compared with CPU seconds that are known."""

import subprocess
import sys
import threading
import time
import timeit

import pytest

from ecorec.energy.cpu_time import CpuTimeSensor, ProcessTreeClock
from ecorec.energy.meter import Meter

BURN = """
import time, sys
def burn(cpu_s):
    end = time.process_time() + cpu_s
    while time.process_time() < end: pass
"""
TICK_S = 0.01


@pytest.fixture
def sensor() -> CpuTimeSensor:
    return CpuTimeSensor((3.0, 6.0, 9.0), "assumed", "a test")


def burn(cpu_s: float) -> None:
    end = time.thread_time() + cpu_s
    while time.thread_time() < end:
        pass


def python(code: str, **more) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", BURN + code], stdout=subprocess.PIPE, **more)


def test_cpu_seconds_become_joules_with_a_range(sensor) -> None:
    energy = sensor.between(10.0, 12.5)
    assert (energy.low_j, energy.energy_j, energy.high_j) == (7.5, 15.0, 22.5)
    assert (energy.method, energy.scope, energy.reason) == ("assumed", "process", "a test")


def test_cpu_seconds_that_were_not_read_are_not_zero_joules(sensor) -> None:
    energy = sensor.between(None, 1.0)
    assert (energy.energy_j, energy.method) == (None, "absent")


def test_a_child_that_took_its_time_along_is_no_negative_energy(sensor) -> None:
    assert sensor.between(12.0, 11.0).energy_j == 0


def test_work_is_billed_by_its_cpu_time(sensor) -> None:
    with Meter([sensor]).window("work") as window:
        burn(0.25)
    reading = window.reading
    # Half a watt, or the seconds of another clock, would be far outside.
    assert 0.25 <= reading.cpu_s < 0.26
    assert reading.energy_j == pytest.approx(6 * 0.25, rel=0.04)
    assert (reading.low_j, reading.high_j) == pytest.approx(
        (reading.energy_j / 2, reading.energy_j * 1.5)
    )


def test_every_thread_is_billed(sensor) -> None:
    threads = [threading.Thread(target=burn, args=(0.1,)) for _ in range(3)]
    with Meter([sensor]).window("work") as window:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert 0.3 <= window.reading.cpu_s < 0.33


def test_sleep_costs_nothing(sensor) -> None:
    with Meter([sensor]).window("sleep") as window:
        time.sleep(0.3)
    assert window.reading.duration_s >= 0.3
    assert window.reading.energy_j < 6 * 0.005


def test_a_child_is_counted_while_it_lives_and_once_it_has_ended() -> None:
    clock = ProcessTreeClock()
    before = clock()
    with python("burn(.2); print('done', flush=True); time.sleep(60)") as child:
        child.stdout.readline()
        alive = clock() - before
        child.kill()
    ended = clock() - before
    assert alive >= 0.2 - TICK_S
    # Counted twice, or forgotten, would be 0.2 off.
    assert ended == pytest.approx(alive, abs=0.05)


def test_a_child_of_another_thread_is_counted() -> None:
    clock = ProcessTreeClock()
    before = clock()
    children = []

    def start() -> None:
        children.append(python("burn(.2); print('done', flush=True); time.sleep(60)"))
        children[0].stdout.readline()

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    with children[0] as child:
        spent = clock() - before
        child.kill()
    assert spent >= 0.2 - TICK_S


def test_a_grandchild_that_has_ended_is_counted_while_its_parent_lives() -> None:
    clock = ProcessTreeClock()
    before = clock()
    code = (
        "import subprocess\n"
        f"subprocess.run([sys.executable, '-c', {BURN + 'burn(.3)'!r}])\n"
        "print('done', flush=True); time.sleep(60)"
    )
    with python(code) as child:
        child.stdout.readline()
        spent = clock() - before
        child.kill()
    assert spent >= 0.3 - TICK_S


def test_looking_for_children_does_not_wait_for_one_that_has_ended() -> None:
    with python("sys.exit(7)") as child:
        child.stdout.read()
        for _ in range(50):
            ProcessTreeClock()()
            time.sleep(0.001)
        assert child.wait() == 7


def test_a_neighbour_is_not_billed(sensor) -> None:
    """A process that burns at the same time, but descends from nobody here."""
    script = f"{BURN}burn(.4)"
    subprocess.run(["sh", "-c", '"$0" -c "$1" &', sys.executable, script], check=True)
    with Meter([sensor]).window("sleep") as window:
        time.sleep(0.4)
    assert window.reading.energy_j < 6 * 0.01


def test_a_look_at_the_clock_is_cheap() -> None:
    clock = ProcessTreeClock()
    clock()
    best = min(timeit.repeat(clock, number=200, repeat=10)) / 200
    # Looking for children in all of /proc takes milliseconds; 50 µs is what was promised.
    assert best < 50e-6
