"""Synthetic runs under a preset, with the settings that a real study would record."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from ecorec.study.plan import plan
from ecorec.study.record import RunRecord
from ecorec.study.settings import StudySettings
from ecorec.study.store import StoredStudy
from tests.analysis.records import Plan, Synthetic, record


def run_record(
    preset: str,
    model: str,
    *,
    seed: int = 1,
    ndcg: float = 0.2,
    energy_j: float | None = 10.0,
    size: int = 64,
    epochs: int = 30,
    dataset: str = "ml-1m",
    repeat: int = 1,
    kernel: str = "fixed-width",
    users_per_call: int | None = None,
    interactions: int = 1_000_209,
    **settings: Any,
) -> RunRecord:
    """Return the record of a run; `settings` are those of `set`, with `__` for the dot."""
    study = StudySettings.parse(
        {
            "preset": preset,
            "models": [model],
            "datasets": [dataset],
            "embedding_sizes": [size],
            "epochs": [epochs],
            "split": "ratio",
            "set": {key.replace("__", "."): value for key, value in settings.items()},
        },
        "the study",
    )
    resolved = plan(study, 1)[0].longest.model_dump(mode="json")
    resolved.pop("seed")
    synthetic = record(
        Plan(model, size, energy_j=energy_j, epochs=epochs, dataset=dataset, settings=resolved,
             kernel=kernel),
        seed, repeat, {"ndcg@10": ndcg, "precision@10": ndcg}, 6040,
    )  # fmt: skip
    data = synthetic.data.model_copy(
        update={"n_interactions": interactions, "n_items": 3706, "filters": ()}
    )
    every = resolved["training"]["validate_every"]
    validated = tuple(
        epoch.model_copy(
            update={
                "validation": 0.3 if epoch.epoch % every == 0 or epoch.epoch == epochs else None
            }
        )
        for epoch in synthetic.epochs
    )
    return synthetic.model_copy(
        update={
            "preset": preset,
            "data": data,
            "users_per_call": users_per_call,
            "epochs": validated,
        }
    )


def study_of(records: list[RunRecord], folder: Path) -> StoredStudy:
    """Return a study with these records, as if it had been read."""
    nobody = {record.run_id: pl.DataFrame({"user": []}) for record in records}
    return replace(Synthetic(records, nobody).study(folder), records=records)
