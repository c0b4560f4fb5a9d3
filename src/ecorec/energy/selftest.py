"""What this machine can measure, what is only modelled, and why; found out by trying."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ecorec.energy.codecarbon_tracker import CodeCarbonReading, CodeCarbonTracker
from ecorec.energy.counter_test import at_rest_and_at_work
from ecorec.energy.cpu_time import CpuTimeSensor
from ecorec.energy.detect import SensorSettings, find_sensors
from ecorec.energy.hardware import Hardware, describe_machine
from ecorec.energy.memory_power import WATTS_PER_GIB
from ecorec.energy.reading import Reading
from ecorec.energy.sensor import Cautious, Sensor

TRIAL_S = 0.3
"""CPU seconds of the busy trial, and seconds of the idle one."""

LONGEST_S = 10 * TRIAL_S
"""Seconds after which the busy trial ends: a crowded machine may not give the process more."""

LEAST_SHARE = 0.1
"""Share of the busy trial that must be billed on top of the idle one."""

_SUBJECTS = {"cpu": "CPU package", "ram": "DRAM", "gpu": "GPU", "machine": "CPU package"}
"""How components are called here; of a machine without counters, the package is what is missed."""


@dataclass(frozen=True)
class Finding:
    """One component, and what can be said of its energy here."""

    subject: str
    """What it is about, e.g. `CPU package`."""
    method: str
    """How its joules are obtained, or how a trial went."""
    words: str
    """What was found, and why."""
    advice: str | None = None
    """What would make it better, where something would."""


@dataclass(frozen=True)
class Examination:
    """All findings, and whether the trials went as they must."""

    findings: tuple[Finding, ...]
    passed: bool


def examine(settings: SensorSettings | None = None) -> Examination:
    """Look at every component, and try the sensors that a run would be billed with.

    Args:
        settings: Meters and recordings, beside what is found on the machine.
    """
    hardware = describe_machine()
    sensors = find_sensors(hardware, settings, "cuda" if hardware.gpus else "cpu")
    modelled = next(sensor for sensor in sensors if isinstance(sensor, CpuTimeSensor))
    with TemporaryDirectory() as folder:
        tracker = CodeCarbonTracker(None, Path(folder))
        tracker.start()
        busy_s, idle_s = billed_busy(modelled), billed_idle(modelled)
        read = [s for s in sensors if s.scope == "machine" and s.method != "absent"]
        counters = _counters(read, *at_rest_and_at_work(read)) if read else []
        reading = tracker.stop()
    passed = busy_s > idle_s + LEAST_SHARE * TRIAL_S
    findings = (
        _machine(hardware),
        *counters,
        *(_absent(sensor, hardware) for sensor in sensors if sensor.method == "absent"),
        _cpu_model(hardware),
        *_memory(sensors),
        *([] if hardware.gpus else [Finding("GPU", "absent", "no NVIDIA driver")]),
        _codecarbon(reading),
        Finding(
            "self-test",
            "passed" if passed else "FAILED",
            f"{TRIAL_S:g} s busy were billed {busy_s:.3f} CPU s, {TRIAL_S:g} s idle {idle_s:.3f}",
            None if passed else "modelled joules cannot be trusted here: report this machine",
        ),
    )
    return Examination(findings, passed)


def billed_busy(sensor: CpuTimeSensor) -> float:
    """Return the CPU seconds that a busy trial is billed."""
    before = sensor.clock()
    end_s, latest_s = time.thread_time() + TRIAL_S, time.perf_counter() + LONGEST_S
    while time.thread_time() < end_s and time.perf_counter() < latest_s:
        pass
    return sensor.clock() - before


def billed_idle(sensor: CpuTimeSensor) -> float:
    """Return the CPU seconds that a sleeping trial is billed."""
    before = sensor.clock()
    time.sleep(TRIAL_S)
    return sensor.clock() - before


def _machine(hardware: Hardware) -> Finding:
    memory_gib = hardware.memory_bytes / 2**30
    kind = {True: "virtual", False: "not virtual", None: "virtual or not is unknown"}
    words = (
        f"{hardware.n_cpus} logical CPUs `{hardware.cpu}`, {memory_gib:.0f} GiB, "
        f"{kind[hardware.virtualised]}, {hardware.os}"
    )
    return Finding("machine", "", words)


def _counters(sensors: Sequence[Sensor], idle: Reading, busy: Reading) -> list[Finding]:
    """Say of every counter what it showed, and whether busy was more than idle."""
    found = []
    shown = zip(sensors, idle.components, busy.components, strict=True)
    for sensor, at_rest, at_work in shown:
        wall = at_work.component == "machine"
        subject = "wall" if wall else _SUBJECTS[at_work.component]
        if at_work.energy_j is None or at_rest.energy_j is None:
            reason = at_work.reason or at_rest.reason or "it could not be read"
            found.append(Finding(subject, "absent", f"{at_work.sensor}: {reason}"))
            continue
        busy_w, idle_w = at_work.energy_j / busy.duration_s, at_rest.energy_j / idle.duration_s
        words = f"{at_work.sensor}: {busy_w:.1f} W busy, {idle_w:.1f} W idle"
        advice = [] if busy_w > idle_w else ["busy must exceed idle: try when nothing else runs"]
        advice += sensor.cautions if isinstance(sensor, Cautious) else ()
        found.append(Finding(subject, at_work.method, words, "; ".join(advice) or None))
    return found


def _absent(sensor: Sensor, hardware: Hardware) -> Finding:
    reason = sensor.between(None, None).reason or "it could not be read"
    advice = None
    if hardware.virtualised and sensor.component != "gpu":
        advice = "read access on the host, or a meter at the wall (--wall-command), would tell"
    return Finding(_SUBJECTS[sensor.component], "absent", reason, advice)


def _memory(sensors: Sequence[Sensor]) -> list[Finding]:
    low, central, high = WATTS_PER_GIB
    words = f"resident memory x {central:g} W a GiB ({low:g}-{high:g})"
    modelled = Finding("RAM modelled", "assumed", words)
    if any(sensor.component == "ram" and sensor.scope == "machine" for sensor in sensors):
        return [modelled]
    return [Finding(_SUBJECTS["ram"], "absent", "no counter is read"), modelled]


def _cpu_model(hardware: Hardware) -> Finding:
    low, central, high = hardware.watts_per_cpu
    words = (
        f"{central:.3g} W per busy CPU ({low:.3g}-{high:.3g}), uncalibrated: "
        f"{hardware.watts_source}"
    )
    advice = "set --watts-per-cpu if you know better; --calibrate-watts asks a meter"
    return Finding(
        "CPU modelled",
        hardware.watts_method,
        words,
        advice if hardware.watts_method == "assumed" else None,
    )


def _codecarbon(reading: CodeCarbonReading | None) -> Finding:
    if reading is None:
        return Finding(
            "CodeCarbon",
            "absent",
            "it failed to start, in silence",
            "see why: python -c 'import codecarbon as c; c.OfflineEmissionsTracker().start()'",
        )
    words = f"{reading.version}: {reading.method}; started and stopped in {reading.startup_s:.1f} s"
    return Finding("CodeCarbon", "modelled", words)
