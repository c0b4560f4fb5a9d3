"""The CPU-time sensor, for real: joules are compared with CPU seconds that are known.

What is known lies between two looks at the system's own clocks, one inside and one outside of
what is measured. However busy the machine and however coarse its clocks, the reading is between.
"""

import os
import resource
import subprocess
import sys
import threading
import time
import timeit
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from ecorec.energy.cpu_time import CpuTimeSensor, ProcessTreeClock
from ecorec.energy.meter import Meter

BURN = """
import time, sys
def burn(cpu_s):
    end = time.process_time() + cpu_s
    while time.process_time() < end: pass
"""
SLEEPING = "print('done', flush=True); sys.stdin.read()"
"""Code that lives on, without CPU time, until it is killed or its stdin closes."""

TICKS_S = 0.02
"""User and system time of another process are each told in whole ticks of 10 ms."""


@pytest.fixture
def sensor() -> CpuTimeSensor:
    return CpuTimeSensor((3.0, 6.0, 9.0), "assumed", "a test")


def burn(cpu_s: float) -> None:
    end = time.thread_time() + cpu_s
    while time.thread_time() < end:
        pass


def python(code: str) -> subprocess.Popen:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", BURN + code], **pipes)


def spent_s() -> float:
    """Return CPU seconds of this process and of the children that it has waited for."""
    reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + reaped.ru_utime + reaped.ru_stime


@contextmanager
def metered(sensor: CpuTimeSensor) -> Iterator[list[float]]:
    """Measure; what is yielded becomes the least and most CPU seconds, and the reading's."""
    found: list[float] = []
    outer_s = spent_s()
    with Meter([sensor]).window("work") as window:
        inner_s = spent_s()
        yield found
        least_s = spent_s() - inner_s
    most_s = spent_s() - outer_s
    reading = window.reading
    found += [least_s, most_s, reading.cpu_s]
    assert least_s <= reading.cpu_s <= most_s
    assert 6 * least_s <= reading.energy_j <= 6 * most_s
    assert (reading.low_j, reading.high_j) == pytest.approx(
        (reading.energy_j / 2, reading.energy_j * 1.5)
    )


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
    with metered(sensor) as found:
        burn(0.25)
        time.sleep(0.25)
    # Half a watt, or the seconds of another clock, would be far outside.
    least_s, most_s, _ = found
    assert 0.2 < least_s <= most_s < 0.4


def test_every_thread_is_billed(sensor) -> None:
    threads = [threading.Thread(target=burn, args=(0.1,)) for _ in range(3)]
    with metered(sensor) as found:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found[0] > 0.25


def test_a_child_is_counted_while_it_lives_and_once_it_has_ended() -> None:
    clock = ProcessTreeClock()
    outer_s, before = spent_s(), clock()
    inner_s = spent_s()
    with python(f"burn(.2); {SLEEPING}") as child:
        child.stdout.readline()
        alive = clock() - before
        child.kill()
    least_s = spent_s() - inner_s
    ended = clock() - before
    # Counted twice, or forgotten, would be 0.2 off.
    assert least_s <= ended <= spent_s() - outer_s
    assert 0.2 - TICKS_S <= alive <= ended + TICKS_S


def test_a_child_of_another_thread_is_counted() -> None:
    clock = ProcessTreeClock()
    before = clock()
    children = []

    def start() -> None:
        children.append(python(f"burn(.2); {SLEEPING}"))
        children[0].stdout.readline()

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    with children[0] as child:
        spent = clock() - before
        child.kill()
    assert spent >= 0.2 - TICKS_S


def test_a_grandchild_that_has_ended_is_counted_while_its_parent_lives() -> None:
    clock = ProcessTreeClock()
    before = clock()
    code = (
        "import subprocess\n"
        f"subprocess.run([sys.executable, '-c', {BURN + 'burn(.3)'!r}])\n"
        f"{SLEEPING}"
    )
    with python(code) as child:
        child.stdout.readline()
        spent = clock() - before
        child.kill()
    assert spent >= 0.3 - TICKS_S


def test_looking_for_children_does_not_wait_for_one_that_has_ended() -> None:
    with python("sys.exit(7)") as child:
        child.stdout.read()
        for _ in range(50):
            ProcessTreeClock()()
            time.sleep(0.001)
        assert child.wait() == 7


def test_a_neighbour_is_not_billed(sensor) -> None:
    """A process that burns at the same time, but descends from nobody here."""
    script = f"{BURN}print('begun', flush=True); burn(.4); print('done', flush=True)"
    words = ["sh", "-c", '"$0" -c "$1" &', sys.executable, script]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as shell:
        assert shell.wait() == 0
        assert shell.stdout.readline() == b"begun\n"
        with metered(sensor) as found:
            assert shell.stdout.readline() == b"done\n"
    assert found[1] < 0.2


def test_where_nobody_is_a_child_nobody_is_looked_for(monkeypatch) -> None:
    """Looking for children in all of /proc takes milliseconds, a look without them 5 µs."""
    if not hasattr(os, "waitid"):
        pytest.skip("this system cannot be asked whether there are children")
    clock = ProcessTreeClock()
    looked = min(timeit.repeat(psutil.Process().children, number=5, repeat=10)) / 5
    assert min(timeit.repeat(clock, number=100, repeat=10)) / 100 < looked / 10

    def look(*_: object, **__: object) -> list[psutil.Process]:
        raise AssertionError

    monkeypatch.setattr(psutil.Process, "children", look)
    clock()
