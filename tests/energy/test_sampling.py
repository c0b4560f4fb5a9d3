import threading
import time

from ecorec.energy.cpu_time import CpuTimeSensor
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
