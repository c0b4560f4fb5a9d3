"""What this machine can measure, found out by trying."""

import time
from dataclasses import dataclass

from ecorec.energy.cpu_time import ProcessTreeClock
from ecorec.energy.detect import find_sensors
from ecorec.energy.hardware import describe_machine

TRIAL_S = 0.3
"""Length of the busy and of the idle trial."""


@dataclass(frozen=True)
class Finding:
    """One line of the examination."""

    subject: str
    method: str
    words: str


def examine() -> list[Finding]:
    """Return what is measured here, what is modelled, and why."""
    hardware = describe_machine()
    low, central, high = hardware.watts_per_cpu
    findings = [
        Finding(
            "machine",
            "",
            f"{hardware.n_cpus} logical CPUs {hardware.cpu}, "
            f"{hardware.memory_bytes / 2**30:.0f} GiB"
            f"{', virtual' if hardware.virtualised else ''}, {hardware.os}",
        )
    ]
    for sensor in find_sensors(hardware):
        if sensor.method == "absent":
            reason = sensor.between(None, None).reason or ""
            findings.append(Finding(sensor.component, "absent", reason))
        else:
            words = (
                f"{central:g} W per busy CPU ({low:g}-{high:g}): {hardware.watts_source}"
                f"{'; set --watts-per-cpu' if sensor.method == 'assumed' else ''}"
            )
            findings.append(Finding(f"{sensor.component} ({sensor.name})", sensor.method, words))
    names = ", ".join(hardware.gpus)
    gpu = f"{names}: its counter is not read yet" if names else "no NVIDIA driver found"
    findings.append(Finding("gpu", "absent", gpu))
    return [*findings, _trial()]


def _trial() -> Finding:
    """Bill a busy and an idle span with CPU time: busy must exceed idle."""
    clock = ProcessTreeClock()
    before = clock()
    end = time.perf_counter() + TRIAL_S
    while time.perf_counter() < end:
        pass
    busy_s = clock() - before
    before = clock()
    time.sleep(TRIAL_S)
    idle_s = clock() - before
    passed = busy_s > idle_s + TRIAL_S / 2
    words = f"busy {busy_s:.3f} CPU s, idle {idle_s:.3f} CPU s in {TRIAL_S:g} s each"
    return Finding("self-test", "passed" if passed else "FAILED", words)
