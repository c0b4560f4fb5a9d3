"""Whether two measurements compare: what differs between them, and what forbids it."""

from collections.abc import Sequence

from ecorec.analysis.configurations import Configuration
from ecorec.study.labels import flat
from ecorec.study.record import RunRecord

SAME = 1e-9
"""Largest difference of a metric between results that count as the same."""


def why_not(first: Sequence[RunRecord], second: Sequence[RunRecord]) -> str:
    """Return why joules of two groups of records do not compare; empty where they do."""
    if not first or not second:
        which = "both ran" if not first and not second else "one ran"
        return f"{which} beside other work"
    if any(record.total.energy_j is None for record in (*first, *second)):
        return "energy was not read in both"
    if any(record.lacks_gpu for record in (*first, *second)):
        devices = dict.fromkeys(group[0].device for group in (first, second))
        which = " and ".join(devices)
        return f"runs on {which}, and the GPU's energy is not in the joules"
    scopes = [sorted({r.total.scope or "absent" for r in group}) for group in (first, second)]
    if scopes[0] != scopes[1]:
        return f"joules are of the {scopes[0][0]} and of the {scopes[1][0]}"
    methods = [sorted({m for r in group for m in r.total.methods}) for group in (first, second)]
    if methods[0] != methods[1]:
        a, b = ("+".join(found) for found in methods)
        return f"joules are {a} and {b}"
    return ""


def differences(a: RunRecord, b: RunRecord) -> list[str]:
    """Return the settings of the first record that differ in the second, except for seeds."""
    mine, other = flat(a.settings), flat(b.settings)
    names = [name for name in {**mine, **other} if name != "seed" and name != "training.seed"]
    return [
        f"{name.rpartition('.')[2]}={mine.get(name)}"
        for name in names
        if mine.get(name) != other.get(name)
    ]


def differing_conditions(first: Configuration, second: Configuration) -> list[str]:
    """Return, in words, how the conditions differ, e.g. `threads 2 and 4`."""
    a, b = first.first, second.first
    pairs = {
        "machine": (a.machine.cpu, b.machine.cpu),
        "threads": (a.threads, b.threads),
        "device": (a.device, b.device),
        "kernel": (a.kernel, b.kernel),
        "ecorec": (a.versions.get("ecorec"), b.versions.get("ecorec")),
        "torch": (a.versions.get("torch"), b.versions.get("torch")),
    }
    found = [f"{name} {mine} and {other}" for name, (mine, other) in pairs.items() if mine != other]
    if a.machine.machine_id != b.machine.machine_id and a.machine.cpu == b.machine.cpu:
        found.insert(0, f"two machines ({a.machine.cpu})")
    modelled = {"modelled", "assumed"} & {*a.total.methods, *b.total.methods}
    watts = (a.machine.watts_per_cpu, b.machine.watts_per_cpu)
    if modelled and watts[0] != watts[1]:
        found.append(f"watts a CPU {watts[0][1]:g} and {watts[1][1]:g}")
    if quality_changed(first, second):
        found.append("the same seed, another quality")
    return found


def quality_changed(first: Configuration, second: Configuration) -> bool:
    """Return whether runs of the same settings and seed tested differently."""
    known = {record.run_id: record.metrics for record in first.records}
    return any(
        abs(value - known[record.run_id].get(name, value)) > SAME
        for record in second.records
        if record.run_id in known
        for name, value in record.metrics.items()
    )
