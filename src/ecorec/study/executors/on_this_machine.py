"""What happens around the runs on this machine: sensor tests, idle power, warm-up."""

from collections.abc import Iterator
from contextlib import contextmanager

from ecorec.energy.meter import Meter
from ecorec.energy.sensor import Sensor
from ecorec.study.executors.protocol import Assignment
from ecorec.study.idle_machine import IdleMachine
from ecorec.study.pauses import provide
from ecorec.study.warm import warm


@contextmanager
def on_this_machine(work: Assignment) -> Iterator[tuple[Sensor, ...]]:
    """Test the sensors, measure the idle machine and warm up; measure it again after the body."""
    context, settings, logbook = work.context, work.settings, work.logbook
    sensors = context.test_counters(settings.device, work.listener.noticed)
    longest_s = settings.sensors.idle_s
    on_start, cache = work.listener.measuring_idle, context.idle_cache(settings.device)
    idle = IdleMachine(sensors, context.hardware, longest_s, on_start, cache)
    before = idle.before()
    if idle.took is not None:
        logbook.pause(idle.took, context.hardware)
    look_s = longest_s
    if context.purse is not None:
        # No longer than before, or the budget would have to keep what is seldom needed.
        look_s = min(longest_s, float(round(before.duration_s)))
        provide(context.purse, before, look_s=look_s, rest_s=settings.cooldown_s)
    known = logbook.info.calibrations
    warmup, rates = warm(work.missing, Meter(sensors), context.hardware, known)
    logbook.warmup(warmup, context.hardware)
    logbook.idle(before)
    logbook.rates(rates)
    yield sensors
    after = idle.after(before, look_s)
    if after is not None:
        logbook.idle(after)
    if idle.took is not None:
        logbook.pause(idle.took, context.hardware)
