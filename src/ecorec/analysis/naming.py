"""Keys that group measurements into configurations, and labels that name the groups."""

import json
from collections.abc import Mapping, Sequence

from ecorec.data.reduction import ReductionSettings
from ecorec.study.labels import flat
from ecorec.study.record import RunRecord

NAMED = frozenset(
    {
        "dataset",
        "model",
        "seed",
        "model_settings.embedding_size",
        "model_settings.n_layers",
        "training.epochs",
        "training.seed",
        "reduction.share",
        "reduction.by",
    }
)
"""Settings that a label shows in its own way or not at all; the others are shown by name."""


def benchmark_key(record: RunRecord) -> str:
    """Return a key that is equal for records whose quality can be compared: data and split."""
    split = record.settings.get("split", record.split.protocol)
    seed = record.split.seed
    if seed is None and record.split.protocol == "given":
        # Older records do not tell that validation was drawn from the training interactions.
        seed = record.settings.get("split_seed")
    return json.dumps([record.data.fingerprint, split, seed], sort_keys=True)


def benchmark_title(record: RunRecord, all_records: Sequence[RunRecord]) -> str:
    """Return what tells one benchmark from the others of a study: the data's name, and no more.

    Args:
        record: Of the benchmark.
        all_records: One record of each benchmark, this one included.
    """
    title = record.data.name
    namesakes = [other for other in all_records if other.data.name == title]
    data = {other.data.fingerprint: other.data.n_interactions for other in namesakes}
    if len(data) > 1:
        title += f", {record.data.n_interactions:,} interactions"
        if len({*data.values()}) < len(data):
            title += f", hash {record.data.fingerprint[:6]}"
    if len(namesakes) > len(data):
        title += f" · {record.split.protocol}, split seed {record.split.seed}"
    return title


def energy_key(record: RunRecord) -> tuple[str, str]:
    """Return what must be equal for two energies to be held against each other: the machine too."""
    return benchmark_key(record), record.machine.machine_id


def quality_key(record: RunRecord) -> str:
    """Return a key that is equal for records that compute the same thing, seeds aside."""
    settings = {key: value for key, value in record.settings.items() if key != "seed"}
    return json.dumps([benchmark_key(record), record.model, settings], sort_keys=True)


def measured_under(record: RunRecord) -> dict[str, str]:
    """Return where and how a record was measured: what changes its energy but not its quality."""
    return {
        "machine": record.machine.machine_id,
        "threads": str(record.threads),
        "device": record.device,
        "kernel": record.kernel,
        "users_per_call": str(record.users_per_call or "block"),
        "shards": str(record.shards),
        "memory_mapped": str(record.memory_mapped).lower(),
    }


def labels(
    records: list[RunRecord], varied: Mapping[str, Sequence[str]] | None = None
) -> list[str]:
    """Label each configuration by what distinguishes it from others of its model, size and data.

    Args:
        records: One of each configuration.
        varied: Model and size as a label has them -> settings that the study varied: they are named
            even where halving or a budget has left one value.
    """
    factors = [_factors(record) for record in records]
    found = []
    for record, own in zip(records, factors, strict=True):
        peers = [
            other
            for peer, other in zip(records, factors, strict=True)
            if (peer.model, peer.embedding_size) == (record.model, record.embedding_size)
            and benchmark_key(peer) == benchmark_key(record)
        ]
        words = [record.model]
        if record.embedding_size is not None:
            words.append(f"d={record.embedding_size}")
        always = (varied or {}).get(" ".join(words), ())
        for name, value in own.items():
            if name in always or any(peer.get(name) != value for peer in peers):
                words.append(f"{name}={value}")
        found.append(" ".join(words))
    return found


def _factors(record: RunRecord) -> dict[str, str]:
    """Return everything but the embedding size that may distinguish configurations."""
    settings = {
        name.rpartition(".")[2]: str(value)
        for name, value in flat(record.settings).items()
        if name not in NAMED
    }
    where = measured_under(record)
    where["machine"] = where["machine"][:6]
    reduced = record.settings.get("reduction")
    train = ReductionSettings(**reduced).in_words() if reduced else "100%"
    layers = {"train": train, "layers": str(record.n_layers), "epochs": str(record.max_epochs)}
    return layers | settings | where
