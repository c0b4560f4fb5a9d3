"""Labels for the configurations of a study that has not run yet: what distinguishes them."""

from collections.abc import Sequence
from typing import Any

from ecorec.study.plan import Job

NAMED = frozenset({"embedding_size", "epochs"})
"""Settings that a label shows in its own way, or that are shown beside it."""


def labels_of(jobs: Sequence[Job]) -> list[str]:
    """Return a label for each job, e.g. `lightgcn d=64 learning_rate=0.005 threads=2`.

    Args:
        jobs: One or more of each configuration; labels leave out seed and repeat.
    """
    settings = [_settings_of(job) for job in jobs]
    labels = []
    for job, own in zip(jobs, settings, strict=True):
        alike = [
            other
            for peer, other in zip(jobs, settings, strict=True)
            if peer.longest.model == job.longest.model
        ]
        words = [job.longest.model]
        if "embedding_size" in own:
            words.append(f"d={own['embedding_size']}")
        words += [
            f"{name}={value}"
            for name, value in own.items()
            if name not in NAMED and any(other.get(name) != value for other in alike)
        ]
        labels.append(" ".join(words))
    return labels


def configuration_of(job: Job) -> str:
    """Return a key that is equal for jobs that differ only in seed and repeat."""
    run = job.longest.model_copy(update={"seed": None})
    measurement = job.measurement.model_copy(update={"repeat": 1})
    return f"{run.model_dump_json()}|{measurement.model_dump_json()}"


def _settings_of(job: Job) -> dict[str, Any]:
    run = job.longest.model_dump(mode="json", exclude={"model", "seed", "reduction"})
    own: dict[str, Any] = run.pop("model_settings") | (run.pop("training") or {})
    reduced = job.longest.reduction
    train = {"train": reduced.in_words() if reduced else "100%"}
    conditions: dict[str, Any] = job.measurement.model_dump(mode="json", exclude={"repeat"})
    settings = {name.rpartition(".")[2]: value for name, value in flat(run).items()}
    return own | train | settings | conditions


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested settings as one dictionary with dotted names."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found
