"""A test that a counter must pass before a run is billed with it: busy draws more than idle.

Only sensors that see the CPU are tried: what keeps a CPU busy moves neither a memory's counter
nor a GPU's. A sensor that fails becomes an absent one, with what it showed as the reason. A meter
at the wall may be too slow or too coarse to tell: it is kept, and says so with every reading.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading
from ecorec.energy.sampling import Sampler
from ecorec.energy.sensor import AbsentSensor, Doubtful, Sensor

IDLE_S, BUSY_S = 1.0, 2.0
"""Seconds of the two windows, at least."""

IDLE_PERIODS, BUSY_PERIODS = 2, 3
"""How many of a sensor's values they last for: the first may still be of what was before."""

LONGEST_S = 30.0
"""Seconds of a window, at most."""

LONG_S = 10.0
"""A test that takes longer is told of."""

NOISE = 0.005
"""Two windows in which a meter answered the same differ by so much: edges take their time."""

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


def failing(
    sensors: Sequence[Sensor], tell: Callable[[str], None] = lambda _: None
) -> dict[str, str]:
    """Return the sensors that fail, by name, and why.

    Args:
        sensors: Of a study; without a counter or meter of the CPU nothing is tried.
        tell: Called with what is being waited for, if it takes long.
    """
    left = [sensor for sensor in sensors if _can_be_tried(sensor) and not _is_too_slow(sensor)]
    found: dict[str, str] = {}
    for _ in range(TRIES):
        if left:
            found = _failed(left, *at_rest_and_at_work(left, tell))
            left = [sensor for sensor in left if sensor.name in found]
    return found


def at_rest_and_at_work(
    sensors: Sequence[Sensor], tell: Callable[[str], None] = lambda _: None
) -> tuple[Reading, Reading]:
    """Return what sensors show of an idle CPU and of a busy one.

    Args:
        sensors: What is read; nothing else samples them meanwhile.
        tell: Called with what is being waited for, if it takes long.
    """
    meter = Meter(sensors)
    # Every window opens and closes just after a look, so that no answer is older than its edge.
    with Sampler(sensors):
        # A meter's period is known once it has answered.
        idle_s, busy_s = _lengths(sensors)
        if idle_s + busy_s > LONG_S:
            tell(f"testing the meter with an idle and a busy CPU: {idle_s + busy_s:.0f} s")
        start = meter.now()
        idle(idle_s)
    with Sampler(sensors):
        rest = meter.between("idle", start, meter.now(closing=True))
        start = meter.now()
        spin(busy_s)
    with Sampler(sensors):
        return rest, meter.between("busy", start, meter.now(closing=True))


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


def _can_be_tried(sensor: Sensor) -> bool:
    return sensor.method in ("counter", "wall") and sensor.component in ("cpu", "machine")


def _is_too_slow(sensor: Sensor) -> bool:
    """Return whether a sensor cannot tell within the longest windows; it then says so."""
    is_slow = sensor.period_s >= LONGEST_S
    return is_slow and _doubt(sensor, f"it changes only every {sensor.period_s:g} s")


def _lengths(sensors: Iterable[Sensor]) -> tuple[float, float]:
    """Return the seconds of the idle window and of the busy one."""
    period_s = max(sensor.period_s for sensor in sensors)
    return (
        min(max(IDLE_S, IDLE_PERIODS * period_s), LONGEST_S),
        min(max(BUSY_S, BUSY_PERIODS * period_s), LONGEST_S),
    )


def _failed(sensors: Sequence[Sensor], at_rest: Reading, at_work: Reading) -> dict[str, str]:
    """Return why each sensor fails, those that pass left out."""
    reasons = {}
    pairs = zip(at_rest.components, at_work.components, strict=True)
    for sensor, (rest, work) in zip(sensors, pairs, strict=True):
        if rest.energy_j is None or work.energy_j is None:
            reasons[sensor.name] = f"self-test: {rest.reason or work.reason or 'no reading'}"
            continue
        idle_w = rest.energy_j / at_rest.duration_s
        busy_w = work.energy_j / at_work.duration_s
        least_idle_w = (rest.low_j or 0.0) / at_rest.duration_s
        most_busy_w = (work.high_j or 0.0) / at_work.duration_s
        if busy_w > idle_w * (1 + NOISE):
            _doubt(sensor, None)
        # Where both may have been the same, they may as well have been in the right order.
        elif least_idle_w <= most_busy_w and _doubt(
            sensor, f"{busy_w:.1f} W busy, {idle_w:.1f} W idle"
        ):
            continue
        elif busy_w <= idle_w:
            shown = f"{busy_w:.1f} W busy is not more than {idle_w:.1f} W idle"
            reasons[sensor.name] = f"failed its self-test: {shown}"
    return reasons


def _doubt(sensor: Sensor, shown: str | None) -> bool:
    """Have a sensor say what its test showed, or nothing; return whether it can."""
    if not isinstance(sensor, Doubtful):
        return False
    sensor.doubt(None if shown is None else f"its self-test could not tell: {shown}")
    return True
