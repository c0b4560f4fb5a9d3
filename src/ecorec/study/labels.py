"""Labels for the configurations of a study that has not run yet: what distinguishes them."""

from collections.abc import Sequence
from typing import Any

from ecorec.study.plan import Job
from ecorec.study.run_settings import MeasurementSettings

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


def labels_of_trainings(jobs: Sequence[Job]) -> list[str]:
    """Return the labels of configurations with seed and repeat: what one line of progress is of."""
    keys = [configuration_of(job) for job in jobs]
    first = dict(zip(reversed(keys), reversed(jobs), strict=True))
    known = dict(zip(first, labels_of([*first.values()]), strict=True))
    labels = []
    for job, key in zip(jobs, keys, strict=True):
        seed, repeat = job.longest.seed, job.measurement.repeat
        words = [known[key]]
        words += [f"seed {seed}"] if seed is not None else []
        words += [f"repeat {repeat}"] if repeat > 1 else []
        labels.append(" ".join(words))
    return labels


def varied_by(jobs: Sequence[Job]) -> dict[str, tuple[str, ...]]:
    """Return which settings a study varies, so that they are named whichever of its runs are left.

    Returns:
        Model and size as a label has them, e.g. `lightgcn d=64` -> names of settings. Conditions
        of a measurement are not among them.
    """
    groups: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for job in jobs:
        own = _settings_of(job)
        size = own.get("embedding_size")
        base = job.longest.model if size is None else f"{job.longest.model} d={size}"
        groups.setdefault(base, {}).setdefault(job.longest.dataset, []).append(own)
    conditions = MeasurementSettings.model_fields
    found: dict[str, tuple[str, ...]] = {}
    for base, of_data in groups.items():
        names = dict.fromkeys(
            name
            for peers in of_data.values()
            for name in peers[0]
            if name not in conditions
            and name not in NAMED
            and any(peer.get(name) != peers[0][name] for peer in peers)
        )
        if names:
            found[base] = tuple("layers" if name == "n_layers" else name for name in names)
    return found


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
