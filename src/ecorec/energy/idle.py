"""What the machine draws when nothing runs: measured, never invented.

Total energy = idle power x time + dynamic energy. Idle power is read from counters and meters
only; under a model of the CPU it is absent.
"""

import math
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

from pydantic import NonNegativeFloat, NonNegativeInt

from ecorec.config import Config
from ecorec.energy.hardware import Hardware
from ecorec.energy.meter import Meter
from ecorec.energy.reading import ComponentEnergy, Method, Reading

WINDOW_S = 1.0
"""One look at the idle machine, unless a meter's value changes less often."""

FEWEST_WINDOWS = 10

SURE = 0.01
"""Standard error over the mean at which it has been looked at for long enough."""

MOST_DRIFT = 0.05
"""Idle power that differs by more between before and after makes dynamic energy unsure."""

ABSENT = "no counter or meter of the machine"

NOT_ASKED = "the idle machine was not looked at (idle_s = 0)"

LOST = "a sensor was lost while the idle machine was looked at"


class IdlePower(Config):
    """Idle power as one sensor saw it."""

    component: str
    """What was measured: `cpu`, `ram`, `gpu`, `machine`."""
    sensor: str
    """The sensor's own name."""
    method: Method
    """How the watts were obtained."""
    power_w: NonNegativeFloat
    """Mean over the windows."""
    standard_error_w: NonNegativeFloat
    """Of that mean."""


class IdleBaseline(Config):
    """One measurement of the idle machine."""

    machine_id: str
    boot_id: str
    measured_at: str
    """ISO 8601, UTC."""
    duration_s: NonNegativeFloat
    n_windows: NonNegativeInt
    powers: tuple[IdlePower, ...]
    """One entry a sensor of the machine; empty where there is none."""
    reason: str | None = None
    """Why there is none."""


def measure_idle(
    meter: Meter,
    hardware: Hardware,
    longest_s: float,
    sleep: Callable[[float], None] = time.sleep,
) -> IdleBaseline:
    """Look at the machine doing nothing, until the standard error is 1 % or the time is up.

    Args:
        meter: Over the sensors of a study.
        hardware: The machine.
        longest_s: Seconds after which it ends, however sure.
        sleep: Waits.
    """
    windows: list[Reading] = []
    measurable = any(_tells_idle(item) for item in _look(meter, 0.0, sleep).components)
    # Looks that share one value of a slow meter agree, which makes nothing of it sure.
    slowest_s = max((s.period_s for s in meter.sensors if s.scope == "machine"), default=0.0)
    window_s = min(max(WINDOW_S, slowest_s), longest_s)
    while measurable and len(windows) * window_s < longest_s:
        windows.append(_look(meter, window_s, sleep))
        if is_known(len(windows), _powers(windows)):
            break
    powers = _powers(windows) if windows else ()
    return IdleBaseline(
        machine_id=hardware.machine_id,
        boot_id=hardware.boot_id,
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        duration_s=sum(window.duration_s for window in windows),
        n_windows=len(windows),
        powers=powers,
        reason=None if powers else _why_none(measurable=measurable, longest_s=longest_s),
    )


def is_known(n_windows: int, powers: tuple[IdlePower, ...]) -> bool:
    """Return whether so many windows have told idle power to 1 %."""
    # A machine that draws nothing is one whose meter has not moved yet.
    sure = all(item.power_w > 0 and item.standard_error_w <= SURE * item.power_w for item in powers)
    return n_windows >= FEWEST_WINDOWS and sure


def _why_none(*, measurable: bool, longest_s: float) -> str:
    if not measurable:
        return ABSENT
    return LOST if longest_s else NOT_ASKED


def _look(meter: Meter, seconds: float, sleep: Callable[[float], None]) -> Reading:
    with meter.window("idle") as window:
        sleep(seconds)
    return window.reading


def _tells_idle(item: ComponentEnergy) -> bool:
    return item.scope == "machine" and item.energy_j is not None


def _powers(windows: list[Reading]) -> tuple[IdlePower, ...]:
    watts: dict[tuple[str, str, Method], list[float]] = {}
    for window in windows:
        for item in window.components:
            if _tells_idle(item):
                key = (item.component, item.sensor, item.method)
                watts.setdefault(key, []).append((item.energy_j or 0.0) / window.duration_s)
    return tuple(
        IdlePower(
            component=component,
            sensor=sensor,
            method=method,
            power_w=statistics.fmean(values),
            standard_error_w=_standard_error(values),
        )
        for (component, sensor, method), values in watts.items()
        # A sensor that was lost on the way has not seen the idle machine.
        if len(values) == len(windows)
    )


def _standard_error(values: list[float]) -> float:
    return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0


def drift(before: IdleBaseline, after: IdleBaseline) -> float | None:
    """Return the largest relative change of a sensor's idle power; `None` without a pair."""
    later = {item.sensor: item.power_w for item in after.powers}
    changes = [
        abs(later[item.sensor] - item.power_w) / item.power_w
        for item in before.powers
        if item.sensor in later and item.power_w > 0
    ]
    return max(changes, default=None)
