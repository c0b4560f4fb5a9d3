import threading
import time

from ecorec.energy.cpu_time import CpuTimeSensor
from ecorec.energy.reading import ComponentEnergy
from ecorec.energy.sampling import Sampler
from ecorec.energy.sensor import AbsentSensor, absent_energy


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


def test_a_sensor_is_looked_at_while_the_sampler_is_open_and_never_after() -> None:
    watched = Watched(sample_every_s=0.02)
    before = threading.active_count()
    with Sampler([watched]):
        assert len(watched.threads) == 1  # at once, before the first window opens
        deadline = time.monotonic() + 5
        while len(watched.threads) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
    seen = len(watched.threads)
    assert seen >= 4
    assert threading.current_thread() not in watched.threads[1:]
    assert threading.active_count() == before
    time.sleep(0.06)
    assert len(watched.threads) == seen


def test_no_thread_is_started_for_sensors_that_need_none() -> None:
    before = threading.active_count()
    sensors = [CpuTimeSensor((1.0, 1.0, 1.0), "assumed", "a test"), AbsentSensor("gpu", "none")]
    with Sampler(sensors):
        assert threading.active_count() == before


def test_closing_does_not_wait_for_the_next_look() -> None:
    began = time.perf_counter()
    with Sampler([Watched(sample_every_s=3600)]):
        pass
    assert time.perf_counter() - began < 1
