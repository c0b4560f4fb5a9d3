"""A test that a counter must pass before a run is billed with it: busy draws more than idle.

Only sensors that see the CPU are tried: what keeps a CPU busy moves neither a memory's counter
nor a GPU's. A sensor that fails becomes an absent one, with what it showed as the reason.
"""

import time
from collections.abc import Mapping, Sequence

from ecorec.energy.meter import Meter
from ecorec.energy.sampling import Sampler
from ecorec.energy.sensor import AbsentSensor, Sensor

BUSY_S = 2.0
IDLE_S = 1.0

TRIES = 3
"""A neighbour may be louder in the idle second; not three times."""


def spin(seconds: float) -> None:
    """Keep one CPU busy."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def idle(seconds: float) -> None:
    """Do nothing."""
    time.sleep(seconds)


def failing(sensors: Sequence[Sensor]) -> dict[str, str]:
    """Return the sensors that fail, by name, and why.

    Args:
        sensors: Of a study; without a counter or meter of the CPU nothing is tried.
    """
    tried = [
        sensor
        for sensor in sensors
        if sensor.method in ("counter", "wall") and sensor.component in ("cpu", "machine")
    ]
    found: dict[str, str] = {sensor.name: "" for sensor in tried}
    for _ in range(TRIES):
        if not found:
            break
        found = _trial([sensor for sensor in tried if sensor.name in found])
    return found


def without(sensors: Sequence[Sensor], failed: Mapping[str, str]) -> tuple[Sensor, ...]:
    """Return the sensors, those that have failed replaced by absent ones that say why.

    Args:
        sensors: Of a study.
        failed: Name of a sensor -> why it is not to be used.
    """
    return tuple(
        AbsentSensor(sensor.component, failed[sensor.name], sensor.name, scope=sensor.scope)
        if sensor.name in failed
        else sensor
        for sensor in sensors
    )


def without_failing(sensors: Sequence[Sensor]) -> tuple[Sensor, ...]:
    """Return the sensors after a test of them, those that fail it replaced by absent ones."""
    return without(sensors, failing(sensors))


def _trial(sensors: Sequence[Sensor]) -> dict[str, str]:
    """Return why each sensor fails, those that pass left out."""
    meter = Meter(sensors)
    with Sampler(sensors):
        with meter.window("idle") as at_rest:
            idle(IDLE_S)
        with meter.window("busy") as at_work:
            spin(BUSY_S)
    reasons = {}
    pairs = zip(at_rest.reading.components, at_work.reading.components, strict=True)
    for sensor, (rest, work) in zip(sensors, pairs, strict=True):
        if rest.energy_j is None or work.energy_j is None:
            reasons[sensor.name] = f"self-test: {rest.reason or work.reason or 'no reading'}"
            continue
        idle_w = rest.energy_j / at_rest.reading.duration_s
        busy_w = work.energy_j / at_work.reading.duration_s
        if busy_w <= idle_w:
            reasons[sensor.name] = (
                f"failed its self-test: {busy_w:.1f} W busy is not more than {idle_w:.1f} W idle"
            )
    return reasons
