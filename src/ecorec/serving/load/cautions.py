"""Sentences on what makes a ladder's results less certain."""

from collections.abc import Sequence

from ecorec.energy.isolation import MOST_FOREIGN
from ecorec.serving.record import Saturation, Step

HELD = 0.95
"""A step that answers a smaller share of the due requests than this is not steady."""

BUSY_CLIENT = 0.9
"""CPU seconds a second from which on the client itself may be the bottleneck."""

FEWEST_ANSWERS = 1000
"""With fewer answers, fewer than ten lie beyond the 99th percentile."""


ALONE = "index alone: "
"""What warnings of the index without HTTP begin with."""


def answered_share(step: Step) -> float:
    """Return the share of the requests due that were answered within the window."""
    return step.throughput_per_s / step.offered_per_s if step.offered_per_s else 1.0


def cautions(saturation: Saturation, steps: Sequence[Step]) -> tuple[str, ...]:
    """Return one sentence for each reason for caution."""
    found = []
    if saturation.client_cpu_share > BUSY_CLIENT:
        found.append(
            f"at saturation the client had {saturation.client_cpu_share:.0%} of a CPU: the server "
            "may be able to answer more than was asked"
        )
    for step in steps:
        name = f"step of {100 * step.load:g} %"
        share = answered_share(step)
        if share < HELD:
            found.append(f"{name}: only {share:.0%} of what was due was answered in its window")
        if step.n_errors:
            found.append(f"{name}: {step.n_errors:,} of {step.n_requests:,} requests failed")
        if step.latency and step.latency.n < FEWEST_ANSWERS:
            found.append(f"{name}: its p99 rests on {step.latency.n:,} answers")
    return (*found, *_contamination(steps))


def _contamination(steps: Sequence[Step]) -> list[str]:
    beside = [step for step in steps if (step.foreign_share or 0.0) > MOST_FOREIGN]
    if not beside:
        return []
    worst = max(step.foreign_share or 0.0 for step in beside)
    return [
        f"{len(beside)} of {len(steps)} steps had other work beside them (up to {worst:.0%} of the "
        "machine's CPU time): latencies are too long, and joules not the server's own under a "
        "counter"
    ]
