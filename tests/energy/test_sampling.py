import os
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from ecorec.energy.cpu_time import CpuTimeSensor, ProcessTreeClock
from ecorec.energy.probe import ProbeError, command_probe
from ecorec.energy.reading import ComponentEnergy
from ecorec.energy.sampling import Sampler
from ecorec.energy.sensor import AbsentSensor, absent_energy
from tests.threads import new_threads


class Watched:
    """A sensor that knows who has looked at it."""

    name, component, method, scope, period_s = "watched", "cpu", "counter", "machine", 1.0

    def __init__(self, sample_every_s: float) -> None:
        self.sample_every_s = sample_every_s
        self.threads = []

    def read(self) -> float | None:
        return None

    def between(self, start: float | None, end: float | None) -> ComponentEnergy:
        return absent_energy(self, "a test")

    def sample(self) -> None:
        self.threads.append(threading.current_thread())

    def lose(self, reason: str) -> None:
        raise AssertionError(reason)


def test_a_sensor_is_looked_at_while_the_sampler_is_open_and_never_after() -> None:
    watched = Watched(sample_every_s=0.02)
    begun = new_threads()
    with Sampler([watched]):
        assert len(watched.threads) == 1  # at once, before the first window opens
        deadline = time.monotonic() + 60
        while len(watched.threads) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
    seen = len(watched.threads)
    assert seen >= 4
    assert threading.current_thread() not in watched.threads[1:]
    assert not begun()
    time.sleep(0.06)
    assert len(watched.threads) == seen


@pytest.mark.parametrize(
    ("took_s", "looks_s"),
    [(0.0, [0, 1, 2, 3]), (0.6, [0, 1, 2, 3]), (2.5, [0, 2.5, 5, 7.5])],
)
def test_a_look_is_due_so_long_after_the_last_one_began(
    monkeypatch, clock, took_s: float, looks_s: list[float]
) -> None:
    """However long it takes to look, and at once where it takes longer than that."""

    class Slow(Watched):
        def sample(self) -> None:
            looks.append(clock() - began_s)
            clock.sleep(took_s)

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            clock.sleep(timeout)
            done.set() if len(looks) == len(looks_s) else None
            return done.is_set()

    looks, began_s, done = [], clock(), threading.Event()
    of_a_test = SimpleNamespace(monotonic=clock, thread_time=time.thread_time)
    monkeypatch.setattr("ecorec.energy.sampling.time", of_a_test)
    sampler = Sampler([Slow(sample_every_s=1.0)])
    sampler._stopped = Stop()
    with sampler:
        assert done.wait(60)
    assert looks == looks_s


def test_no_thread_is_started_for_sensors_that_need_none() -> None:
    begun = new_threads()
    sensors = [CpuTimeSensor((1.0, 1.0, 1.0), "assumed", "a test"), AbsentSensor("gpu", "none")]
    with Sampler(sensors):
        assert not begun()


def test_closing_does_not_wait_for_the_next_look() -> None:
    sampler = Sampler([Watched(sample_every_s=3600)])
    sampler.__enter__()
    closing = threading.Thread(target=sampler.__exit__, args=(None, None, None), daemon=True)
    closing.start()
    closing.join(60)
    assert not closing.is_alive()


BURN = """
import os, pathlib, subprocess, sys, time
while time.process_time() < 0.15: pass
print(42)
"""

BURN_AND_WAIT = f"""{BURN}
if len(sys.argv) > 3:  # a child of the command burns as much
    words = [sys.executable, "-c", *sys.argv[3:], *sys.argv[1:3]]
    subprocess.run(words, stdout=subprocess.DEVNULL)
pathlib.Path(sys.argv[1]).touch()
while not pathlib.Path(sys.argv[2]).exists(): time.sleep(0.01)
"""


def beside_this_process(clock: ProcessTreeClock) -> float:
    """Return the CPU seconds of its children alone."""
    return clock() - time.process_time()


@pytest.mark.parametrize("end", ["", "sys.exit(1)"])
def test_the_command_that_asks_a_meter_is_not_billed_to_the_run(end: str) -> None:
    clock, ask = ProcessTreeClock(), command_probe([sys.executable, "-c", BURN + end])
    before = beside_this_process(clock)
    for _ in range(2):
        try:
            assert ask() == 42
        except ProbeError:
            assert end
    assert beside_this_process(clock) - before < 0.05


def test_nor_is_a_command_that_is_under_way_or_what_it_has_begun(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("ecorec.energy.probe.TIMEOUT_S", 60.0)
    burnt, go = tmp_path / "burnt", tmp_path / "go"
    words = [sys.executable, "-c", BURN_AND_WAIT, str(burnt), str(go), BURN_AND_WAIT]
    clock, ask = ProcessTreeClock(), command_probe(words)
    before = beside_this_process(clock)
    asking = threading.Thread(target=ask)
    asking.start()
    while not burnt.exists() and asking.is_alive():
        time.sleep(0.01)
    under_way = beside_this_process(clock) - before
    go.touch()
    asking.join()
    assert under_way < 0.05
    assert beside_this_process(clock) - before < 0.05


def test_a_child_that_is_no_command_is_billed_beside_one() -> None:
    clock, ask = ProcessTreeClock(), command_probe([sys.executable, "-c", BURN])
    before = beside_this_process(clock)
    ask()
    pid = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-c", BURN])
    os.waitpid(pid, 0)
    ask()
    assert 0.15 <= beside_this_process(clock) - before < 0.3


def test_what_a_command_takes_is_what_sampling_costs() -> None:
    class Asking(Watched):
        def sample(self) -> None:
            ask()
            super().sample()

    ask = command_probe([sys.executable, "-c", BURN])
    asking = Asking(sample_every_s=0.01)
    with Sampler([asking]) as sampler:
        while len(asking.threads) < 3:
            time.sleep(0.01)
    assert sampler.cost_s >= 0.15
