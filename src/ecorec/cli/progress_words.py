"""Lines that a study writes on its way, where nobody watches bars."""

from ecorec.cli.course import Course
from ecorec.study.labels import labels_of
from ecorec.study.plan import Job
from ecorec.study.record import EpochRecord
from ecorec.units import format_energy

NAMED_AT_A_RUNG = 4
"""Configurations that a rung names; the others are counted."""


def rung_in_words(epochs: int, kept: list[Job], dropped: list[Job]) -> str:
    """Return which trainings go on after a rung of successive halving."""
    names = list(dict.fromkeys(labels_of([*kept, *dropped])[: len(kept)]))
    shown = ", ".join(names[:NAMED_AT_A_RUNG])
    more = f" and {len(names) - NAMED_AT_A_RUNG} more" if len(names) > NAMED_AT_A_RUNG else ""
    n = len(kept) + len(dropped)
    return f"after {epochs} epochs {len(kept)} of {n} trainings go on: {shown}{more}"


def place_in_words(job: Job, label: str, epoch: EpochRecord, course: Course, left: str) -> str:
    """Return where a training is: its epoch, joules so far, best so far, what is left."""
    words = [f"{label}: epoch {epoch.epoch} of {job.epochs}"]
    if course.joules is not None:
        words.append(format_energy(course.joules))
    if course.best is not None and job.longest.training is not None:
        metric, best = job.longest.training.metric, course.best
        words.append(f"best validation {metric} {best.validation:.4f} at {best.epoch}")
    if left and epoch.epoch < job.epochs:
        words.append(left)
    return ", ".join(words)
