"""Looking at sensors between the edges of windows, from one thread in the background."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol, runtime_checkable

from ecorec.energy.meter import Meter, Window
from ecorec.energy.meter_command import commands
from ecorec.energy.sensor import Sensor

THREAD = "sampler"
"""Name of the thread that looks at a sensor."""


@runtime_checkable
class Sampled(Protocol):
    """What must be looked at more often than windows open and close."""

    @property
    def sample_every_s(self) -> float:
        """The longest time that it may be left alone."""
        ...

    def sample(self) -> None:
        """Look at it; called from another thread than `read`."""
        ...

    def lose(self, reason: str) -> None:
        """Be told why a look at it failed: what it shows of windows around now is absent."""
        ...


class Sampler:
    """Samples those sensors that ask for it while a `with` statement lasts.

    Two of them never share a sensor: answers that overtake each other look like a meter's reset.

    Args:
        sensors: All sensors of a meter; without one that asks, no thread is started.
    """

    def __init__(self, sensors: Iterable[Sensor | Sampled]) -> None:
        self._sampled = [sensor for sensor in sensors if isinstance(sensor, Sampled)]
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self.cost_s = 0.0
        """CPU seconds that sampling has taken so far, the commands that ask a meter included."""

    def __enter__(self) -> "Sampler":
        self._stopped.clear()
        for sensor in self._sampled:
            began_s = time.monotonic()
            _look(sensor)  # so that the first window finds a value
            thread = threading.Thread(
                target=self._run, args=(sensor, began_s), name=THREAD, daemon=True
            )
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _run(self, sensor: Sampled, began_s: float) -> None:
        # A look takes its time, and the next one is due so long after it began.
        while not self._stopped.wait(self._due_in_s(sensor, began_s)):
            began_s = time.monotonic()
            before_s = time.thread_time() + commands().cpu_s
            _look(sensor)
            self.cost_s += time.thread_time() + commands().cpu_s - before_s

    def _due_in_s(self, sensor: Sampled, began_s: float) -> float:
        return max(0.0, began_s + sensor.sample_every_s - time.monotonic())


@contextmanager
def sampled_window(meter: Meter, name: str) -> Iterator[Window]:
    """Measure the body, sampling the meter's sensors from before the window opens.

    For what happens outside of the runs, such as warming up. In a bare window a meter at the wall
    would soon be silent, and what the process is modelled to draw would stand in for the machine.

    Args:
        meter: Whose sensors nothing else samples meanwhile.
        name: Of the window.
    """
    with Sampler(meter.sensors), meter.window(name) as window:
        yield window


def _look(sensor: Sampled) -> None:
    """Sample a sensor; what it did not foresee ends neither the thread nor its next look."""
    try:
        sensor.sample()
    except Exception as error:
        sensor.lose(f"it could not be looked at: {type(error).__name__}: {error}")
