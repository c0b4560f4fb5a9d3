"""A machine's watts from a meter: wall = a + b x busy CPUs, with what is left over.

Without a meter the watts of a busy CPU are a rating or an assumption, and uncalibrated.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ecorec.energy.meter import Meter
from ecorec.energy.sampling import Sampler
from ecorec.energy.sensor import Sensor
from ecorec.errors import InputError

FEWEST = 3
"""Loads that a line and what is left over need."""


@dataclass(frozen=True)
class AffineFit:
    """The line through what a meter showed at several loads."""

    idle_w: float
    """a: watts with no CPU busy."""
    watts_per_cpu: tuple[float, float, float]
    """b: of one busy CPU, central between the ends of its 95 % interval."""
    residual_w: float
    """Standard deviation of the meter around the line."""
    n: int


def fit_line(busy_cpus: Sequence[float], wall_w: Sequence[float]) -> AffineFit:
    """Return the least-squares line of a meter's watts over busy CPUs.

    Args:
        busy_cpus: CPU seconds a second of each load.
        wall_w: Watts of the meter under it.

    Raises:
        InputError: Fewer than three loads, or watts that do not rise with the load.
    """
    if len(busy_cpus) < FEWEST or max(busy_cpus) - min(busy_cpus) <= 0:
        message = f"{len(busy_cpus)} loads do not make a line with an error"
        raise InputError(message, hint=f"measure at least {FEWEST} different loads")
    line = stats.linregress(np.asarray(busy_cpus), np.asarray(wall_w))
    freedom = len(busy_cpus) - 2
    slope, intercept = float(line.slope), float(line.intercept)
    half = float(stats.t.ppf(0.975, freedom) * line.stderr)
    if slope - half <= 0:
        message = f"the meter shows {slope:.2g} ± {half:.2g} W a busy CPU: no rise with the load"
        raise InputError(message, hint="meter this machine, with nothing else running on it")
    left = np.asarray(wall_w) - (intercept + slope * np.asarray(busy_cpus))
    residual_w = float(np.sqrt((left**2).sum() / freedom))
    return AffineFit(intercept, (slope - half, slope, slope + half), residual_w, len(busy_cpus))


@contextmanager
def busy_processes(n: int) -> Iterator[None]:
    """Keep n CPUs busy for the body."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def calibrate_watts(
    wall: Sensor,
    n_cpus: int,
    seconds: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    load: Callable[[int], AbstractContextManager[None]] = busy_processes,
    meter: Meter | None = None,
) -> AffineFit:
    """Measure a meter under no, some and full load, and return the line.

    Args:
        wall: The meter.
        n_cpus: Logical CPUs.
        seconds: Of each load; 20 of the meter's periods at least.
        sleep: Waits.
        load: Returns a context manager that keeps so many CPUs busy.
        meter: Over the wall meter; a new one, if not given.

    Raises:
        InputError: The meter does not answer, or its watts do not rise with the load.
    """
    meter = meter or Meter([wall])
    steps = sorted({round(n_cpus * part / 4) for part in range(5)} | {0, 1, n_cpus})
    # Twice each, up and down again, so that what drifts does not look like load.
    busy, watts = [], []
    with Sampler(meter.sensors):
        for n in (*steps, *reversed(steps)):
            with load(n):
                with meter.window("load") as window:
                    sleep(seconds)
                reading = window.reading
            joules = reading.components[0].energy_j
            if joules is None:
                message = f"the meter gave nothing: {reading.components[0].reason}"
                raise InputError(message, hint="`ecorec doctor --wall-command …` tries it")
            busy.append(reading.cpu_s / reading.duration_s)
            watts.append(joules / reading.duration_s)
    return fit_line(busy, watts)
