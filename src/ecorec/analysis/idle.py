"""Total, idle and dynamic energy of a run, from its record and the idle machine's power.

Dynamic energy is what a run adds to a machine that would have been on anyway. It favours slow
models, because they keep the machine for longer and the idle share of that time is not counted.
Total energy is right for a machine that is reserved for the run.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ecorec.energy.idle import ABSENT, MOST_DRIFT, IdleBaseline, drift
from ecorec.energy.reading import Method
from ecorec.study.record import RunRecord

Z = 1.96
"""Standard errors to either side of the mean idle power that make its range."""

NOT_TOLD = "not told from idle"
"""Why a run that drew no more than the idle machine has no dynamic energy: what it added is lost in
the scatter of both, and a zero would pass for the cheapest."""

SEVERAL = (
    "several processes drew it, and the idle machine was looked at by the first one alone, on its "
    "machine and its GPU"
)
"""Why the sum over several machines or boards has no idle part."""


@dataclass(frozen=True)
class Split:
    """A run's total energy in two parts."""

    idle_j: float
    """What the idle machine would have drawn in the same time."""
    dynamic_j: float | None
    """What the run added to it; `None` where the total is no more than that: `NOT_TOLD`."""
    dynamic_low_j: float | None
    """Low end of its range, at least zero; `None` where `dynamic_j` is."""
    dynamic_high_j: float | None
    methods: tuple[Method, ...]
    """How the total and the idle power were obtained."""
    drifted: bool
    """Whether idle power changed by more than 5 % from before the runs to after them."""


def split_idle(record: RunRecord, baselines: Sequence[IdleBaseline]) -> Split | None:
    """Return the parts of a run's total, or `None` where idle power was not measured of all of it.

    Args:
        record: The run; only energy of the whole machine has an idle part.
        baselines: The study's; those of the record's machine and boot are used.
    """
    total = record.total
    usable = [
        item
        for item in baselines
        if (item.machine_id, item.boot_id) == (record.machine.machine_id, record.machine.boot_id)
        and item.powers
    ]
    if total.scope != "machine" or not usable or total.energy_j is None or _adds_up(record):
        return None
    low_w = high_w = mean_w = 0.0
    methods: list[Method] = [*total.methods]
    for part in total.counted:
        seen = [p for item in usable for p in item.powers if p.sensor == part.sensor]
        if not seen:
            return None
        mean_w += sum(p.power_w for p in seen) / len(seen)
        low_w += min(p.power_w - Z * p.standard_error_w for p in seen)
        high_w += max(p.power_w + Z * p.standard_error_w for p in seen)
        methods += [p.method for p in seen]
    seconds = total.duration_s
    told = total.energy_j > mean_w * seconds
    changes = [drift(a, b) or 0.0 for a in usable for b in usable]
    return Split(
        idle_j=mean_w * seconds,
        dynamic_j=total.energy_j - mean_w * seconds if told else None,
        dynamic_low_j=max(0.0, (total.low_j or 0.0) - high_w * seconds) if told else None,
        dynamic_high_j=max(0.0, (total.high_j or 0.0) - low_w * seconds) if told else None,
        methods=tuple(dict.fromkeys(methods)),
        drifted=max(changes) > MOST_DRIFT,
    )


def why_no_idle(records: Iterable[RunRecord], baselines: Sequence[IdleBaseline]) -> str:
    """Return why no run's energy has an idle part; empty where one's has.

    Args:
        records: Runs.
        baselines: Of their study.
    """
    every = [*records]
    if any(split_idle(record, baselines) for record in every):
        return ""
    read = {r.machine.machine_id for r in every if r.total.scope == "machine"}
    if not read:
        return ABSENT
    several = [SEVERAL for r in every if r.total.scope == "machine" and _adds_up(r)]
    told = [b.reason for b in baselines if b.reason and b.machine_id in read]
    found = dict.fromkeys([*several, *told])
    return "; ".join(found) or "its power was not measured on the machine and boot of a run"


def not_told(records: Iterable[RunRecord], baselines: Sequence[IdleBaseline]) -> str:
    """Return how many runs drew no more than the idle machine, in words; empty if none did.

    Args:
        records: Runs.
        baselines: Of their study.
    """
    splits = [split_idle(record, baselines) for record in records]
    n = sum(split is not None and split.dynamic_j is None for split in splits)
    return f"{n} of {len(splits)} runs drew no more than the idle machine" if n else ""


def _adds_up(record: RunRecord) -> bool:
    """Return whether a run's total is, or may be, a sum over several machines or boards.

    A machine's counter is in the sum once a machine, a board's once for each process.
    """
    if record.shards == 1:
        return False
    boards = any(part.component == "gpu" for part in record.total.counted)
    return boards or record.n_machines != 1
