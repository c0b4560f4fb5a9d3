"""Another process, for real: what it burns is billed to it and to nobody else."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from ecorec.energy.cpu_time import CpuTimeSensor
from ecorec.energy.memory_power import MemorySensor
from ecorec.energy.meter import Meter
from ecorec.energy.other_process import ProcessClock, only_process, resident_bytes_of, sensors_of
from ecorec.energy.sensor import AbsentSensor
from ecorec.errors import EcorecError

WORKER = """
import sys, time
held = bytearray(64 << 20)
print("ready", flush=True)
for line in sys.stdin:
    end = time.process_time() + float(line)
    while time.process_time() < end: pass
    print(time.process_time(), flush=True)
"""


TICK_S = 0.01 if sys.platform == "linux" else 0.02
"""A kernel may tell the CPU time of another process a tick late; see `ProcessClock`."""


@pytest.fixture(scope="module")
def worker() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def work(worker: subprocess.Popen[str], cpu_s: float) -> float:
    """Let it work, and return the CPU seconds that it has had by its own account."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(f"{cpu_s}\n")
    worker.stdin.flush()
    return float(worker.stdout.readline())


def meter_of(pid: int) -> Meter:
    sensors = sensors_of(pid, [CpuTimeSensor((3.0, 6.0, 9.0), "assumed", "a test")])
    return Meter(sensors, cpu_clock=ProcessClock(pid))


def test_its_cpu_seconds_become_joules_and_ours_do_not(worker: subprocess.Popen[str]) -> None:
    outer_s = work(worker, 0)
    with meter_of(worker.pid).window("work") as window:
        inner_s = work(worker, 0)
        least_s = work(worker, 0.25) - inner_s
        end = time.process_time() + 0.2
        while time.process_time() < end:
            pass
    most_s = work(worker, 0) - outer_s
    # Its own account, inside and outside; our 0.2 s would be off by 80 %.
    assert 0.25 <= least_s <= most_s < 0.4
    assert least_s - TICK_S <= window.reading.cpu_s <= most_s + TICK_S
    assert 6 * (least_s - TICK_S) <= window.reading.energy_j <= 6 * (most_s + TICK_S)


def test_its_memory_is_its_own(worker: subprocess.Popen[str]) -> None:
    held = resident_bytes_of(worker.pid)
    assert held is not None
    assert 64 << 20 < held < 128 << 20
    (sensor,) = sensors_of(worker.pid, [MemorySensor()])
    outer_s = time.perf_counter()
    sensor.read()
    inner_s = time.perf_counter()
    time.sleep(0.05)
    least_s = time.perf_counter() - inner_s
    gib_s = sensor.read()
    most_s = time.perf_counter() - outer_s
    assert least_s <= gib_s / (held / 2**30) <= most_s


def test_sensors_of_the_machine_stay_as_they_are(worker: subprocess.Popen[str]) -> None:
    absent = AbsentSensor("machine", "no counter")
    found = sensors_of(worker.pid, [MemorySensor(), absent])
    assert found[1] is absent
    assert [sensor.name for sensor in only_process(found)] == ["resident-memory"]


def test_a_process_that_has_ended_is_an_error_and_no_zero() -> None:
    # It says that it runs: a process that has only been forked may have spent nothing yet.
    program = "print('ready', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        clock = ProcessClock(process.pid)
        assert clock() > 0
        process.communicate("\n")
    with pytest.raises(EcorecError, match=rf"process {process.pid}, .* has ended"):
        clock()
    assert resident_bytes_of(process.pid) is None
